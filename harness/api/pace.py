"""How fast a server is asked: at even distances, and by tokens a minute."""

import asyncio
from contextlib import suppress
from typing import Any


async def set_within(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but no longer than this."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def spaced(per_minute: float | None) -> Any:
    """Requests at even distances: a burst at the start would break the provider's own window."""
    from aiolimiter import AsyncLimiter

    return None if per_minute is None else AsyncLimiter(1, 60 / per_minute)


def metered(per_minute: float | None) -> Any:
    """Tokens by the minute, in windows of ten seconds."""
    from aiolimiter import AsyncLimiter

    return None if per_minute is None else AsyncLimiter(per_minute / 6, 10)
