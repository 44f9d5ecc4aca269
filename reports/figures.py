"""How figures and foreign text are written down for people."""

import unicodedata
from typing import Any

from markupsafe import Markup

from harness.records import Metric

NONE = "–"
"""What stands where there is no figure."""


def percent(value: float | None) -> str:
    """A rate in [0, 1] as a percentage with one decimal."""
    return NONE if value is None else f"{value:.1%}"


def decimal(value: float | None) -> str:
    return NONE if value is None else f"{value:.3f}"


def count(value: float | None) -> str:
    """A whole number with thin spaces between thousands."""
    return NONE if value is None else f"{value:,.0f}".replace(",", "\u202f")


def percent_range(metric: Metric | None) -> str:
    """``43.1–58.9%``; empty without an interval."""
    if metric is None or metric.low is None or metric.high is None:
        return ""
    return f"{100 * metric.low:.1f}–{100 * metric.high:.1f}%"


def decimal_range(metric: Metric | None) -> str:
    if metric is None or metric.low is None or metric.high is None:
        return ""
    return f"{metric.low:.3f}–{metric.high:.3f}"


def duration(seconds: float) -> str:
    """``48 s``, ``3 min 20 s`` or ``2 h 05 min``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def words(identifier: str) -> str:
    """An identifier such as ``nothing_parsed`` as words."""
    return identifier.replace("_", " ")


_UNSEEN = frozenset({"Cc", "Cs", "Co", "Zl", "Zp"})
_TURNS_TEXT = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\ufeff")


def visible(value: Any) -> Any:
    """Text in which a character that would be unseen, or would turn its surroundings, is written as ``⟨U+2028⟩``.

    Line feeds and tabs stay. Anything but plain text, markup included, is returned as it is.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    return "".join(_shown(character) for character in value.replace("\r\n", "\n"))


def _shown(character: str) -> str:
    if character in "\n\t" or not (character in _TURNS_TEXT or unicodedata.category(character) in _UNSEEN):
        return character
    return f"⟨U+{ord(character):04X}⟩"
