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
    if isinstance(error, ImportError) and not (error.name or "").startswith("tpobench"):
        package = (error.name or "a package").partition(".")[0]
        problem = " ".join(str(error).split())[:200]
        return (
            f"{package} cannot be imported ({problem}); install tpobench again with what it needs, see tpobench doctor"
        )
    if not isinstance(error, OSError) or error.errno is None:
        problem = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        return f"a fault of tpobench itself ({problem}); run again with --debug and report what it prints"
    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return f"no space left on the disk{where}; free some and run the same command again, nothing stored is lost"
    return f"{error.strerror}{where}; run again with --debug for the details"
