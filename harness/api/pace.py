"""How fast a server is asked: at even distances, by tokens a minute, and after the wait that it asks for."""

import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_WAIT = 600.0
"""Seconds that a server may ask to wait before a try; a longer wish is cut to this, and costs a try."""


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The wait that a server asks for, in seconds: ``retry-after-ms``, or ``Retry-After`` in seconds or as a date."""
    milliseconds, seconds_or_date = headers.get("retry-after-ms"), headers.get("retry-after", "")
    try:
        seconds = float(milliseconds) / 1000 if milliseconds else float(seconds_or_date)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(seconds_or_date).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT)


def spaced(per_minute: float | None) -> Any:
    """Requests at even distances: a burst at the start would break the provider's own window."""
    from aiolimiter import AsyncLimiter

    return None if per_minute is None else AsyncLimiter(1, 60 / per_minute)


def metered(per_minute: float | None) -> Any:
    from aiolimiter import AsyncLimiter

    return None if per_minute is None else AsyncLimiter(per_minute / 6, 10)
