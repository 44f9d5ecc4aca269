"""Doing things as a user without rights: the tests may run as root, who may write anywhere."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

UNNAMED = 54321
"""A user that the system has no name for, as containers give them."""


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="tpobench-test-")).resolve()
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for path in (folder, *folder.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(0o755)
        shutil.rmtree(folder)


def unprivileged(do: Callable[[], object], user: int = UNNAMED) -> str:
    """What the function returns, or the error that it raises, in a process of a user without rights. What it imports
    has to be imported already: the interpreter's own folder may be closed to others."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(user)
                os.setuid(user)
            os.environ.pop("HOME", None)
            said = str(do())
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode("utf-8", "replace"))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as answer:
        said = answer.read()
    os.waitpid(process, 0)
    return said
