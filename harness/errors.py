"""What can go wrong in a way the user can fix, and the exit codes that say so."""

from enum import IntEnum
from pathlib import Path


class Exit(IntEnum):
    """Exit codes of every command."""

    DONE = 0
    FAIL = 1
    USAGE = 2
    INCONCLUSIVE = 3
    INVALID = 4
    INTERRUPTED = 130


class UserError(Exception):
    """One sentence for the user: what is wrong, where, and what to do next. Exit code 2, no traceback."""


class StoreLacks(UserError):
    """The results store at `store` is not there, or does not hold what was asked for; another one may. `problem` is
    always said, `advice` where no other store is near."""

    def __init__(self, store: Path, problem: str, advice: str = "") -> None:
        super().__init__(f"{problem}; {advice}" if advice else problem)
        self.store = store
        self.problem = problem


def did_you_mean(wrong: str, known: list[str]) -> str:
    """A closing phrase that suggests the near miss among the known names, or lists them all."""
    from difflib import get_close_matches

    close = get_close_matches(wrong.lower(), known, n=1, cutoff=0.5)
    return f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known) or 'none'}"
