"""The style of an answer as Arena-Hard measures it, and how two answers differ in it."""

import re
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """Counts of one answer, code blocks left out: tokens, headers, list entries, bold spans."""

    tokens: int
    headers: int
    lists: int
    bold: int

    @property
    def densities(self) -> tuple[float, float, float]:
        """Headers, list entries and bold spans by token."""
        return tuple(count / (self.tokens + 1) for count in (self.headers, self.lists, self.bold))  # type: ignore[return-value]


def style_difference(candidate: Style, baseline: Style) -> tuple[float, float, float, float]:
    """Length (a - b) / (a + b); header, list and bold density (a - b) / (a + b + 1)."""
    tokens = candidate.tokens + baseline.tokens
    length = (candidate.tokens - baseline.tokens) / tokens if tokens else 0.0
    densities = zip(candidate.densities, baseline.densities, strict=True)
    header, listed, bold = ((a - b) / (a + b + 1) for a, b in densities)
    return length, header, listed, bold


def style_of(text: str, tokens: Callable[[str], int]) -> Style:
    """Counts of headers, list entries and bold spans of a Markdown text, code left out as upstream does: what stands in
    a code block is removed wherever it stands."""
    plain = text
    for code in re.findall(r"```([^`]*)```", text):
        plain = plain.replace(code, "")
    headers = len(re.findall(r"^#{1,6}\s", plain, re.MULTILINE))
    lists = len(re.findall(r"^\s*(?:\d+\.|[-*+])\s", plain, re.MULTILINE))
    bold = len(re.findall(r"\*\*[^*\n]+\*\*|__[^_\n]+__", plain))
    return Style(tokens(text), headers, lists, bold)


def estimated_tokens(text: str) -> int:
    """Words and punctuation marks: near the official counter for English, and no download."""
    return len(re.findall(r"\w+|[^\w\s]", text))
