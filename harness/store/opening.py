"""How a store's file is found and opened: through links, beside another process that holds it, on a disk that cannot be
written."""

import os
import re
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path

import duckdb

from tpobench.harness.errors import StoreLacks, UserError
from tpobench.harness.files import protect
from tpobench.harness.store.set_aside import set_aside_file, tell
from tpobench.harness.store.waiting import HeldStore
from tpobench.harness.store.write_log import log_file, mark_file

SETTINGS = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
"""No query reaches another file, database or extension: a store that somebody sent may hold views of its own."""

_HELD = re.compile("could not set lock|lock is held|lock is already held|used by another process", re.IGNORECASE)

_NOT_WRITABLE = re.compile("permission denied|read-only file system|operation not permitted", re.IGNORECASE)


def no_store(path: Path) -> StoreLacks:
    """What to raise where only an existing store will do."""
    return StoreLacks(path, f"there is no results store at {path}", "name an existing one with --store")


def real_file(path: Path) -> Path:
    """The file itself, behind all links: its journal and DuckDB's log are beside it, whatever it was opened as."""
    try:
        file = path.resolve()
    except (OSError, RuntimeError) as error:
        raise UserError(f"{path} is a link that leads to itself; name another file with --store") from error
    if file.is_dir():
        raise UserError(f"{path} is a folder; name the file of a store with --store, for example {path}/store.duckdb")
    if file.exists() and not file.is_file():  # opening a pipe would wait for ever
        raise UserError(f"{path} is a device or a pipe, not the file of a store; name another one with --store")
    return file


def journal_file(file: Path) -> Path:
    """Where rows wait for the database."""
    return file.with_name(file.name + ".journal")


def companions(file: Path) -> list[Path]:
    """The files beside a store that belong to it: its journal, DuckDB's log, the mark of its length, rows set aside."""
    return [journal_file(file), log_file(file), mark_file(file), set_aside_file(file)]


def require_own_companions(file: Path) -> None:
    """Make sure that what lies beside a store is its own, and let no output take its place.

    Raises:
        UserError: A companion is a link, a device, a pipe or a folder: whoever made it could have another file written.
    """
    protect(file, "the results store")
    for companion in companions(file):
        protect(companion, "a file of the results store")
        with suppress(FileNotFoundError, NotADirectoryError):
            if not stat.S_ISREG(companion.lstat().st_mode):
                raise UserError(
                    f"{companion} belongs to the store and is a link, a folder, a device or a pipe: nothing was read "
                    "or written; remove it, or name another store with --store"
                )


def make_folder(path: Path) -> None:
    """Make the folder of a store that is written."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"the folder {path.parent} cannot be made ({error.strerror}); name another file with --store"
        ) from error


def warn_of_hard_links(path: Path, file: Path) -> None:
    """A file with two names has two journals; links are followed, other names cannot be."""
    with suppress(OSError):
        if file.stat().st_nlink > 1:
            tell(
                f"{path} is one of {file.stat().st_nlink} hard links to one file: always open it by the same name, or "
                "rows that wait in its journal are not seen; a symbolic link has no such limit"
            )


def can_be_written(file: Path) -> bool:
    """Whether the store and the folder that it is in can be written."""
    return os.access(file, os.W_OK) and os.access(file.parent, os.W_OK | os.X_OK)


def copied(path: Path, file: Path) -> tempfile.TemporaryDirectory[str]:
    """A copy of a store that cannot be written, with its journal and log, in a folder of its own: they can be brought
    in there.

    Args:
        path: The store as the user names it.
        file: The file itself.

    Raises:
        UserError: It cannot be copied.
    """
    try:
        folder = tempfile.TemporaryDirectory(prefix="tpobench-store-")
        for part in (file, journal_file(file), log_file(file)):
            if part.exists():
                shutil.copyfile(part, Path(folder.name) / part.name)
    except OSError as error:
        raise UserError(
            f"{path} has rows that wait in its journal and cannot be written here, and no copy of it can be made "
            f"({error.strerror}: {error.filename}); set TMPDIR to a folder with enough space, or open it where it can "
            "be written"
        ) from error
    return folder


def connect(path: Path, file: Path, read_only: bool) -> duckdb.DuckDBPyConnection:
    """Open the file. One that another process holds is waited for: a moment, or as long as `waiting` says.

    Args:
        path: The store as the user names it.
        file: The file itself.
        read_only: Whether it is only read.

    Raises:
        UserError: It cannot be opened.
    """
    held = HeldStore(path)
    while True:
        try:
            return duckdb.connect(str(file), read_only=read_only, config=dict(SETTINGS))
        except (duckdb.IOException, duckdb.CatalogException, duckdb.PermissionException) as error:
            message = str(error)
            if not _HELD.search(message):
                raise _not_opened(path, message) from error
            holder = re.search(r"PID (\d+)", message)
            if holder is not None and holder[1] == "0":
                raise UserError(
                    f"the disk of {path} cannot lock files, as a store needs; name a file on a local disk with --store"
                ) from error
            who = "another process" if holder is None else f"process {holder[1]}"
            if not held.wait(who):
                raise UserError(
                    f"{path} is in use by {who}: wait for it to end with --wait, or name another file with --store"
                ) from error


def _not_opened(path: Path, message: str) -> UserError:
    if path.is_file() and path.stat().st_size == 0:
        return UserError(f"{path} is an empty file; remove it, and a new store can be made there")
    foreign = ("not a valid DuckDB database", "in-memory database", "extension")  # of another database's file
    if any(words in message for words in foreign):
        return UserError(f"{path} is not a DuckDB file; name another one with --store")
    if "newer" in message or "storage version" in message:
        return UserError(f"{path} was written by a newer DuckDB; upgrade duckdb to read it")
    denied = _NOT_WRITABLE.search(message)
    if denied:
        return UserError(
            f"{path} cannot be opened for writing ({denied[0].lower()}); copy it to a folder of yours, or name another "
            "file with --store"
        )
    return UserError(f"{path} cannot be opened: {message.splitlines()[0]}")
