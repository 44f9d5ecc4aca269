"""Arena-Hard's style control: the style of an answer, and win rates with style held at its mean."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tpobench.benchmarks.arena_hard.scores import OFFICIAL_REPEATS
from tpobench.harness.stats.bradley_terry import bradley_terry

Floats = npt.NDArray[np.float64]


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


def style_controlled(
    models: npt.NDArray[np.int64], outcomes: Floats, weights: Floats, features: Floats, seed: int = 0
) -> tuple[Floats, Floats, Floats]:
    """Win rate of each model against the baseline with style held at its mean: the median of 100 bootstraps over votes
    with their 5 and 95 percentiles, arrays of shape (models,).

    Args:
        models: By vote, the model's number.
        outcomes: By vote, 1 for a win of the model, 0 for a loss, 0.5 for a tie.
        weights: By vote, how often it counts.
        features: Shape (votes, k), z-scored over all votes; one that never varies is left at 0.
        seed: Of the bootstrap.
    """
    repeated = np.repeat(np.arange(len(models)), weights.astype(int))
    raw = features[repeated]
    spread = raw.std(axis=0, ddof=1) if len(raw) > 1 else np.zeros(raw.shape[1])
    scaled = np.where(spread > 0, (raw - raw.mean(axis=0)) / np.where(spread > 0, spread, 1.0), 0.0)
    who, won = models[repeated], outcomes[repeated]
    size = int(models.max()) + 1
    random = np.random.default_rng(seed)
    drawn = []
    for _ in range(OFFICIAL_REPEATS):
        counts = np.bincount(random.integers(len(who), size=len(who)), minlength=len(who)).astype(np.float64)
        fitted = bradley_terry(who, won, counts, scaled)[:size]
        drawn.append(1 / (1 + np.exp(-fitted)))
    low, median, high = np.quantile(np.array(drawn), [0.05, 0.5, 0.95], axis=0)
    return median, low, high


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
