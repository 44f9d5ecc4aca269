"""How long to wait before the next try, and what is said meanwhile."""

import math
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tpobench.harness.errors import UserError
from tpobench.harness.progress import current_phase

LONGEST_WAIT = 600.0
"""Seconds that a server may ask to wait. Where it asks for more, the run ends and says until when."""

PATIENCE = 1800.0
"""Seconds that a server may put off all calls, wait by wait, without one answer."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The wait that a server asks for, in seconds: ``retry-after-ms``, or ``Retry-After`` in seconds or as a date.

    Args:
        headers: Of the server's answer.

    Returns:
        Seconds, never negative, perhaps infinite; None where it asks for none that can be read.
    """
    found = {name.lower(): value.strip() for name, value in headers.items()}
    milliseconds = _number(found.get("retry-after-ms", ""))
    if milliseconds is not None:
        return max(milliseconds / 1000, 0.0)
    wish = found.get("retry-after", "")
    seconds = _number(wish)
    if seconds is None:
        try:
            date = parsedate_to_datetime(wish)
            seconds = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
    return max(seconds, 0.0)


def backoff(failed: int) -> float:
    """The wait before the next try where the server asks for none: it doubles, up to a minute."""
    return min(60.0, 0.25 * 2.0 ** min(failed, 16))


def spoken(seconds: float) -> str:
    """A time span in its two largest units."""
    if not math.isfinite(seconds) or seconds > 365 * 86400:
        return "more than a year"
    whole = round(seconds)
    for size, unit, smaller, smaller_unit in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {smaller_unit}" if rest else "")
    return f"{max(whole, 1)} s"


class Pause:
    """The wait that a server has asked for. It holds for all calls: each of them would be refused."""

    def __init__(self, host: str) -> None:
        self.host = host
        self.reason = self._said = ""
        self._until = self._last_answer = time.monotonic()

    @property
    def left(self) -> float:
        """Seconds, negative once it is over."""
        return self._until - time.monotonic()

    @property
    def is_on(self) -> bool:
        return self.left > 0

    @property
    def told(self) -> str:
        """The wait in words."""
        return f"waiting for {self.host}: {self.reason}, {spoken(self.left)}"

    def say_once(self) -> None:
        """Tell of a wait as it begins, where no progress bar shows it."""
        reason = self.reason if self.is_on else ""
        if reason and reason != self._said and not (sys.stderr.isatty() and current_phase()):
            say(self.told)
        self._said = reason

    def answered(self) -> None:
        """The server answers again, or is asked anew."""
        self._last_answer = time.monotonic()

    def begin(self, problem: str, seconds: float) -> None:
        """Wait, or go on waiting.

        Args:
            problem: What the server said; most often HTTP 429.
            seconds: The wait that it asks for.

        Raises:
            UserError: That is too long.
        """
        reason = f"rate limit ({problem[:80]})" if problem.startswith("HTTP 429") else problem
        ending = "all answers so far are stored, run the command again"
        if seconds > LONGEST_WAIT:
            until = f" after {_clock(seconds)}" if seconds < 30 * 86400 else " when it answers"
            raise UserError(
                f"{self.host} asks to wait {spoken(seconds)} ({reason}), and no wait is longer than "
                f"{spoken(LONGEST_WAIT)}; {ending}{until} to continue"
            )
        now = time.monotonic()
        if now + seconds - self._last_answer > PATIENCE:
            raise UserError(
                f"{self.host} has asked for one wait after another ({reason}), without an answer for "
                f"{spoken(now - self._last_answer)}; {ending} later to continue"
            )
        if now + seconds > self._until:
            self._until, self.reason = now + seconds, reason


def say(line: str) -> None:
    """One line on standard error, which is for people also where standard output is for a program."""
    print(f"tpobench: {line}", file=sys.stderr, flush=True)


def _clock(seconds: float) -> str:
    return f"{datetime.now().astimezone() + timedelta(seconds=seconds):%Y-%m-%d %H:%M}"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number
