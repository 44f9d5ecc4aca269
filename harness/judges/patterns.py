"""Regular expressions of the user's, with a bound on the time that they may take on one text."""

from typing import Any

import regex

from tpobench.harness.errors import UserError

SECONDS = 2.0
"""How long one pattern may search one text; an ordinary one takes a thousandth of it."""

_SHOWN_CHARS = 80


def is_found(pattern: str, text: str, flags: int, where: str) -> bool:
    """Whether the pattern matches somewhere.

    Args:
        pattern: As the user wrote it.
        text: What is searched.
        flags: Of the package `regex`.
        where: What has the pattern, for the message: ``the check 'regex'``.

    Raises:
        UserError: The pattern tries too many ways to match; it is named.
    """
    return bool(_bounded(regex.search, pattern, text, flags, where))


def all_found(pattern: str, text: str, flags: int, where: str) -> list[str]:
    """What the pattern's group finds, in order; the arguments and the error are those of `is_found`."""
    return [str(found) for found in _bounded(regex.findall, pattern, text, flags, where)]


def _bounded(search: Any, pattern: str, text: str, flags: int, where: str) -> Any:
    try:
        return search(pattern, text, flags, timeout=SECONDS)
    except TimeoutError as error:
        raise UserError(
            f"{where} with the pattern {pattern[:_SHOWN_CHARS]!r} took more than {SECONDS:g} seconds on one text of "
            f"{len(text)} characters; write it without repetitions inside repetitions, such as (a+)+"
        ) from error
