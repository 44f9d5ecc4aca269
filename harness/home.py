"""The user's own folders. Containers run programs as users without a name and without a home, or with one that they may
not write."""

import getpass
import os
import stat
import tempfile
from functools import cache
from pathlib import Path

from tpobench.harness.errors import UserError


def home_folder() -> Path | None:
    """The user's home; None where there is none."""
    home = os.path.expanduser("~")
    return Path(home) if os.path.isabs(home) else None


def expanded(path: str) -> Path:
    """The path with ``~`` replaced, as it is where that stands for nobody's home."""
    return Path(os.path.expanduser(path))


def provide_home() -> None:
    """Give this process a home and a user name where the system knows none: libraries fail as they are imported, or
    make a folder called ``~``."""
    if home_folder() is None:
        os.environ["HOME"] = str(_temporary_cache())
    try:
        getpass.getuser()
    except (OSError, KeyError):
        os.environ["USER"] = f"uid-{os.geteuid()}"


def cache_folder() -> Path:
    """Where what can be made again is kept: ``TPOBENCH_CACHE``, or tpobench under the user's cache folder. Where that
    cannot be written, a folder of this user's among the temporary files.

    Raises:
        UserError: There somebody else's folder stands.
    """
    if chosen := os.environ.get("TPOBENCH_CACHE"):
        return Path(chosen)
    if shared := os.environ.get("XDG_CACHE_HOME"):
        return Path(shared) / "tpobench"
    home = home_folder()
    if home is not None and _can_be_made(home / ".cache" / "tpobench"):
        return home / ".cache" / "tpobench"
    return _temporary_cache()


def _can_be_made(folder: Path) -> bool:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return os.access(there, os.W_OK | os.X_OK) or there == folder


@cache
def _temporary_cache() -> Path:
    folder = Path(tempfile.gettempdir()) / f"tpobench-cache-{os.geteuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise UserError(f"{folder} belongs to somebody else; set TPOBENCH_CACHE to a folder of yours")
    return folder
