"""The vocabulary of checks: what a response can be held to without asking a model.

A check is a one-entry mapping, as it stands in a prompt file: ``{"contains": "Paris"}``. Every check is a pure
function of the response text and says whether it is met; `is_met` is the only way in.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import regex

from tpobench.harness.config import shown
from tpobench.harness.judges.check_code import defines_python, has_json_keys
from tpobench.harness.judges.check_numbers import has_number
from tpobench.harness.judges.check_texts import comparable, holds_phrase, list_items, sentences, words
from tpobench.harness.judges.languages import is_language
from tpobench.harness.judges.patterns import is_found

Check = Mapping[str, Any]


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _matches(text: str, pattern: str) -> bool:
    """Raises UserError for a pattern that tries too many ways to match."""
    return is_found(pattern, text, regex.IGNORECASE | regex.MULTILINE, "the check 'regex'")


def _starts_with(text: str, start: str) -> bool:
    return comparable(text).lstrip().startswith(comparable(start))


def _ends_with(text: str, end: str) -> bool:
    return comparable(text).rstrip().endswith(comparable(end))


_CHECKS: dict[str, tuple[type | tuple[type, ...], Callable[[str, Any], bool]]] = {
    "contains": (str, holds_phrase),
    "any_of": (list, lambda text, phrases: any(holds_phrase(text, phrase) for phrase in phrases)),
    "excludes": (str, lambda text, phrase: not holds_phrase(text, phrase)),
    "regex": (str, _matches),
    "number": ((int, float), has_number),
    "min_words": (int, lambda text, n: words(text) >= n),
    "max_words": (int, lambda text, n: words(text) <= n),
    "max_sentences": (int, lambda text, n: sentences(text) <= n),
    "lines": (int, lambda text, n: len(_lines(text)) == n),
    "list_items": (int, lambda text, n: list_items(text) == n),
    "starts_with": (str, _starts_with),
    "ends_with": (str, _ends_with),
    "language": (str, is_language),
    "json_keys": (list, has_json_keys),
    "python_defines": (str, defines_python),
}

KINDS = tuple(_CHECKS)


def problem_with(check: Check) -> str | None:
    """What is wrong with a check as written in a prompt file, as one phrase; None when it is a good one."""
    if not isinstance(check, Mapping) or len(check) != 1:
        return f"a check is a mapping with one entry, such as {{'contains': 'Paris'}}, not {shown(check)}"
    ((kind, value),) = check.items()
    if kind not in _CHECKS:
        return f"unknown check {shown(kind)}; known: {', '.join(KINDS)}"
    expected = _CHECKS[kind][0]
    if not isinstance(value, expected) or isinstance(value, bool):
        return f"check {kind!r} does not take {shown(value)}"
    if isinstance(value, list) and not (value and all(isinstance(entry, str) for entry in value)):
        return f"check {kind!r} takes a list of texts, not {shown(value)}"
    if kind == "regex" and isinstance(value, str):
        try:
            re.compile(value)
            regex.compile(value)
        except (re.error, regex.error, RecursionError, OverflowError) as error:
            return f"check 'regex' does not compile: {error}"
    return None


def is_met(check: Check, response: str) -> bool:
    """Whether the response meets the check. An empty response meets none, not even a length limit."""
    if not response.strip():
        return False
    ((kind, value),) = check.items()
    return _CHECKS[kind][1](response, value)
