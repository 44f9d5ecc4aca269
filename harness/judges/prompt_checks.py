"""The vocabulary of checks: what a response can be held to without asking a model.

A check is a one-entry mapping, as it stands in a prompt file: ``{"contains": "Paris"}``. Every check is a pure
function of the response text and says whether it is met; `is_met` is the only way in.
"""

import ast
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Check = Mapping[str, Any]

_FENCE = re.compile(r"```\w*\s*\n(.*?)```", re.DOTALL)
_LIST_ITEM = re.compile(r"^\s*(?:[-*•+]|\d+[.)])\s+\S", re.MULTILINE)
_NUMBER = re.compile(r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?")
_SENTENCE_END = re.compile(r"[.!?]+(?=\s|$)")


def _words(text: str) -> list[str]:
    return re.findall(r"\w+(?:['’-]\w+)*", text)


def _contains(text: str, phrase: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.IGNORECASE) is not None


def _lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.strip()]


def _sentences(text: str) -> int:
    return max(1, len(_SENTENCE_END.findall(text))) if text.strip() else 0


def _numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in _NUMBER.findall(text)]


def _has_json_keys(text: str, keys: list[str]) -> bool:
    """Whether some JSON object in the text has all the keys (the object may stand inside prose or a fence)."""
    decoder = json.JSONDecoder()
    for start in (brace.start() for brace in re.finditer(r"\{", text)):
        try:
            value, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and all(key in value for key in keys):
            return True
    return False


def _defines_python(text: str, name: str) -> bool:
    """Whether the text (or a fenced block of it) is Python that defines a function of that name. Nothing is run."""
    for code in [*_FENCE.findall(text), text]:
        try:
            tree = ast.parse(code)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if any(
            isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == name for node in ast.walk(tree)
        ):
            return True
    return False


def _is_language(text: str, code: str) -> bool:
    """Whether langdetect finds this ISO 639-1 language most likely.

    Its sampling is seeded, so it gives the same answer every time.
    """
    from langdetect import DetectorFactory, LangDetectException, detect

    DetectorFactory.seed = 0
    try:
        return bool(detect(text) == code)
    except LangDetectException:
        return False


_CHECKS: dict[str, tuple[type | tuple[type, ...], Callable[[str, Any], bool]]] = {
    "contains": (str, _contains),
    "any_of": (list, lambda text, phrases: any(_contains(text, phrase) for phrase in phrases)),
    "excludes": (str, lambda text, phrase: not _contains(text, phrase)),
    "regex": (str, lambda text, pattern: re.search(pattern, text, re.IGNORECASE | re.MULTILINE) is not None),
    "number": ((int, float), lambda text, value: any(abs(number - value) < 1e-9 for number in _numbers(text))),
    "min_words": (int, lambda text, n: len(_words(text)) >= n),
    "max_words": (int, lambda text, n: len(_words(text)) <= n),
    "max_sentences": (int, lambda text, n: _sentences(text) <= n),
    "lines": (int, lambda text, n: len(_lines(text)) == n),
    "list_items": (int, lambda text, n: len(_LIST_ITEM.findall(text)) == n),
    "starts_with": (str, lambda text, start: text.lstrip().lower().startswith(start.lower())),
    "ends_with": (str, lambda text, end: text.rstrip().lower().endswith(end.lower())),
    "language": (str, _is_language),
    "json_keys": (list, _has_json_keys),
    "python_defines": (str, _defines_python),
}

KINDS = tuple(_CHECKS)


def problem_with(check: Check) -> str | None:
    """What is wrong with a check as written in a prompt file, as one phrase; None when it is a good one."""
    if not isinstance(check, Mapping) or len(check) != 1:
        return f"a check is a mapping with one entry, such as {{'contains': 'Paris'}}, not {check!r}"
    ((kind, value),) = check.items()
    if kind not in _CHECKS:
        return f"unknown check {kind!r}; known: {', '.join(KINDS)}"
    expected = _CHECKS[kind][0]
    if not isinstance(value, expected) or isinstance(value, bool):
        return f"check {kind!r} does not take {value!r}"
    if isinstance(value, list) and not (value and all(isinstance(entry, str) for entry in value)):
        return f"check {kind!r} takes a list of texts, not {value!r}"
    if kind == "regex" and isinstance(value, str):
        try:
            re.compile(value)
        except re.error as error:
            return f"check 'regex' does not compile: {error}"
    return None


def is_met(check: Check, response: str) -> bool:
    """Whether the response meets the check. An empty response meets none, not even a length limit."""
    if not response.strip():
        return False
    ((kind, value),) = check.items()
    return _CHECKS[kind][1](response, value)
