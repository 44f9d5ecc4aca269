"""Files that appear complete or not at all."""

import errno
import os
import re
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from tpobench.harness.errors import UserError

_DESCRIPTOR = re.compile(r"/(?:dev|proc/self)/fd/(\d+)")

_FOLDER_REFUSES = {errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.EXDEV}
"""A file that may be written in a folder where none may be made, or a file that is mounted by itself."""


class NotWritten(UserError):
    """A file could not be written; `problem` says why."""

    def __init__(self, path: Path, problem: str, option: str) -> None:
        super().__init__(f"{path} cannot be written ({problem}); name another file{option and f' with {option}'}")
        self.problem = problem


_inputs: dict[Path, str] = {}
"""Files that this process reads, by their real paths, and what each is to the user."""


def protect(path: Path, what: str) -> None:
    """Let no output of this process take the place of a file that it reads: ``the results store``."""
    _inputs[Path(os.path.realpath(path))] = what


def require_no_input(path: Path, option: str = "") -> None:
    """Raises NotWritten where the path is a file that this process reads, under whatever name."""
    real = Path(os.path.realpath(path))
    for known, what in _inputs.items():
        same = known == real
        if not same:
            with suppress(OSError):  # one of them is not there
                same = os.path.samefile(known, real)
        if same:
            raise NotWritten(path, f"it is {what}, which would be lost", option)


def write_whole(path: Path, text: str, option: str = "") -> None:
    """Write a text file beside its place and move it there; folders are made.

    A link stays and its target changes. Devices, pipes and standard output are written to as they are.

    Args:
        path: Where to write.
        text: All of it.
        option: With which the user names another path, for the error.

    Raises:
        NotWritten: It cannot be written there.
        OSError: The disk is full.
    """
    require_no_input(path, option)
    content = text.encode("utf-8", "backslashreplace")  # a path that is not UTF-8, as JSON escapes it
    try:
        _write(path, content)
    except BrokenPipeError:
        pass  # nobody reads it any more
    except (OSError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC:
            raise
        problem = error.strerror if isinstance(error, OSError) else None
        raise NotWritten(path, (problem or str(error)).lower(), option) from error


def _write(path: Path, content: bytes) -> None:
    try:
        kind = os.stat(path)
    except FileNotFoundError:
        _replace(path.resolve(), content, None)
        return
    descriptor = _open_descriptor(path, kind)
    if descriptor is not None:
        _write_all(descriptor, content)
    elif stat.S_ISREG(kind.st_mode):
        _replace(path.resolve(), content, kind)
    elif stat.S_ISDIR(kind.st_mode):
        raise IsADirectoryError(errno.EISDIR, "it is a folder")
    else:
        with os.fdopen(_opened(path, kind), "wb") as file:
            file.write(content)


def _open_descriptor(path: Path, kind: os.stat_result) -> int | None:
    """A duplicate of the descriptor of this process that the path names, as ``/dev/stdout`` does: opened anew, a file
    that output goes to would be written from its beginning."""
    named = _DESCRIPTOR.fullmatch(str(path))
    for number in (int(named[1]),) if named else (1, 2):
        with suppress(OSError):
            if named or os.path.samestat(os.fstat(number), kind):
                for stream in (sys.stdout, sys.stderr):
                    stream.flush()
                return os.dup(number)
    return None


def _write_all(descriptor: int, content: bytes) -> None:
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def _opened(path: Path, kind: os.stat_result) -> int:
    """A device or a pipe; a pipe that nobody reads yet is waited for."""
    if stat.S_ISFIFO(kind.st_mode):
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            print(f"tpobench: {path} is a pipe: waiting for somebody to read it", file=sys.stderr, flush=True)
        else:
            os.set_blocking(descriptor, True)
            return descriptor
    return os.open(path, os.O_WRONLY)


def _replace(path: Path, content: bytes, before: os.stat_result | None) -> None:
    """Move a new file to the path, which is no link, with mode and owner of the one that is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = None
    try:
        handle, partial = tempfile.mkstemp(dir=path.parent, prefix=".tpobench.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), 0o644 if before is None else stat.S_IMODE(before.st_mode))
            if before is not None:
                with suppress(OSError):  # only root may give files away
                    os.fchown(file.fileno(), before.st_uid, before.st_gid)
        os.replace(partial, path)
    except BaseException as error:
        if partial is not None:
            Path(partial).unlink(missing_ok=True)
        if before is None or not isinstance(error, OSError) or error.errno not in _FOLDER_REFUSES:
            raise
        with path.open("r+b") as file:
            file.write(content)
            file.truncate()
