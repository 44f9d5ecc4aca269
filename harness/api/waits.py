"""How long to wait before the next try, and what is said meanwhile."""

import math
import sys
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from tpobench.harness.errors import UserError

LONGEST_WAIT = 600.0
"""Seconds that a server may ask to wait. Where it asks for more, the run ends and says until when."""

PATIENCE = 1800.0
"""Seconds that a server may put off all calls, wait by wait, without one answer."""

LINE_EVERY = 60.0
"""Seconds between two lines that say that a command is alive."""


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
        self.reason = ""
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


class SignsOfLife:
    """A line at once when a wait begins, and one a minute as long as a command does nothing else that can be seen. A
    terminal has a progress bar that says it."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self._wait = ""

    def tell(self, wait: str, activity: str) -> None:
        """Say what a command does.

        Args:
            wait: Names what is waited for, where it is a wait that the server asked for; a new one is told at once.
            activity: The same, or what else is done, with its figures.
        """
        is_new = bool(wait) and wait != self._wait
        self._wait = wait
        if is_new or time.monotonic() - self._last >= LINE_EVERY:
            self._last = time.monotonic()
            if not (sys.stdout.isatty() and sys.stderr.isatty()):
                say(activity)


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
