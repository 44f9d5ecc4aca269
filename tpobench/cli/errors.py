"""What the user reads when a command fails: one sentence."""

import errno

from tpobench.cli.options.store import RUNS, default_store
from tpobench.harness.errors import StoreLacks, UserError


def sentence_of(error: BaseException) -> str:
    """The error as the user reads it."""
    return _user_sentence(error) if isinstance(error, UserError) else _fault_sentence(error)


def _user_sentence(error: UserError) -> str:
    """The error's own sentence. Where the default store lacks what was asked for and one run has a store of its own,
    that store is named."""
    if not isinstance(error, StoreLacks) or error.store != default_store():
        return str(error)
    others = [path for path in RUNS.glob("*/store.duckdb") if path != error.store]
    if len(others) != 1:
        return str(error)
    if error.problem.endswith("?"):
        return f"{error.problem[:-1]}, or --store {others[0]}?"
    return f"{error.problem}; did you mean --store {others[0]}?"


def _fault_sentence(error: BaseException) -> str:
    """What to say of an error that is not the user's."""
    if isinstance(error, MemoryError):
        return "the machine has too little memory for this; use a smaller --limit or model, or another machine"
    if isinstance(error, RecursionError):
        return "something is nested too deep to be read; look at the files that the command names"
    if isinstance(error, ImportError) and not (error.name or "").startswith("tpobench"):
        package = (error.name or "a package").partition(".")[0]
        problem = " ".join(str(error).split())[:200]
        return (
            f"{package} cannot be imported ({problem}); install tpobench again with what it needs, see tpobench doctor"
        )
    if not isinstance(error, OSError) or error.errno is None:
        problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        return f"a fault of tpobench itself ({problem}); run again with --debug and report what it prints"
    where = f" ({str(error.filename)[:_LONGEST_PATH]})" if error.filename else ""
    return f"{error.strerror}{where}; {_ADVICE.get(error.errno, 'run again with --debug for the details')}"


_LONGEST_PATH = 200
"""Characters of a path that are shown."""

_ADVICE = {
    errno.ENOSPC: "free some space and run the same command again, nothing stored is lost",
    errno.EDQUOT: "free some space and run the same command again, nothing stored is lost",
    errno.EACCES: "change the permissions, or name another file or folder",
    errno.EPERM: "change the permissions, or name another file or folder",
    errno.EROFS: "the disk cannot be written; name a file or folder on another one",
    errno.ENOENT: "check the path",
    errno.EISDIR: "name a file, not a folder",
    errno.ENOTDIR: "a part of the path is a file, not a folder; check the path",
    errno.ENAMETOOLONG: "name a shorter path",
    errno.ELOOP: "a link leads to itself; check the path",
    errno.EMFILE: "raise the limit with ulimit -n, or lower --concurrency",
    errno.ENFILE: "the machine has too many open files; close some programs",
    errno.ENOMEM: "the machine has too little memory; close some programs",
    errno.EIO: "the disk cannot be read or written; look at its health",
}
"""What to do about an error of the operating system."""
