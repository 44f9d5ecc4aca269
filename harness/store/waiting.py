"""How long an opening store is waited for while another process holds it. DuckDB lets one process write, and nobody
read meanwhile."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path

CLOSING_SECONDS = 0.6
"""Waited for in any case: the holder may be just closing."""

_PAUSE, _LINE_EVERY = 0.3, 60.0
"""Seconds between two tries, and between two lines that say what is waited for."""


@dataclass(frozen=True)
class _Patience:
    seconds: float
    say: Callable[[str], None]


_NONE = _Patience(0, lambda line: None)
_patience: ContextVar[_Patience] = ContextVar("patience", default=_NONE)


@contextmanager
def waiting(seconds: float, say: Callable[[str], None]) -> Iterator[None]:
    """Wait for every store that is opened inside.

    Args:
        seconds: How long at most.
        say: Is told who holds the store, at once and then every minute.
    """
    token = _patience.set(_Patience(seconds, say))
    try:
        yield
    finally:
        _patience.reset(token)


@dataclass
class HeldStore:
    """A store that could not be opened, from the first try on."""

    path: Path
    since: float = field(default_factory=time.monotonic)
    said: float | None = None

    def wait(self, holder: str) -> bool:
        """Wait a moment, unless patience is at its end.

        Args:
            holder: Who has it open, for people.

        Returns:
            Whether to try again.
        """
        patience, now = _patience.get(), time.monotonic()
        if now - self.since >= max(patience.seconds, CLOSING_SECONDS):
            return False
        if now - self.since >= CLOSING_SECONDS and (self.said is None or now - self.said >= _LINE_EVERY):
            left = patience.seconds - (now - self.since)
            patience.say(f"{self.path} is in use by {holder}: waiting for it to end, {left:,.0f} s more at most")
            self.said = now
        time.sleep(_PAUSE)
        return True
