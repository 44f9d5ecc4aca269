"""A comparison that is judged bit by bit: prompts are consumed in a frozen order, and no more of them than it takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tpobench.harness.gate.decision import ClearPrompt
from tpobench.harness.gate.input import PreferenceSource
from tpobench.harness.records import Prompt, content_key

CLEAREST = 5
"""How many of the prompts that were won, and of those that were lost, are shown."""


@dataclass(frozen=True)
class JudgedPrefix:
    """What has been consumed of a comparison, in the frozen order; `of` is the number of prompts that it has."""

    prompts: Sequence[Prompt]
    values: Sequence[float | None]
    of: int
    clusters: str | None = None

    @property
    def missing(self) -> int:
        """How many judgments are missing."""
        return sum(value is None for value in self.values)

    @property
    def seen(self) -> list[float]:
        """The preferences that are not missing."""
        return [value for value in self.values if value is not None]


class SequentialComparison:
    """The preferences of a source, asked for as they are needed.

    The order depends on the seed and the prompts alone, never on what came in first: slow prompts are long prompts.

    Args:
        source: Where the preferences come from.
        seed: Of the order in which prompts are consumed.
        clusters: ``category`` keeps the prompts of a category together, since they count as one observation.
    """

    def __init__(self, source: PreferenceSource, seed: int, clusters: str | None = None) -> None:
        self.source = source
        self._order = frozen_order(source.prompts, seed, clusters)
        self._category = [prompt.category for prompt in source.prompts]
        self._clusters = clusters
        self._values: dict[int, float | None] = {}
        self._reached = 0

    @property
    def complete(self) -> bool:
        """Whether every prompt of the order is consumed."""
        return self._reached == len(self._order)

    def advance(self, count: int) -> None:
        """Judge the next `count` prompts of the order."""
        self._judge(self._order[self._reached : self._reached + count])
        self._reached = min(self._reached + count, len(self._order))

    def advance_categories(self, least: int) -> None:
        """Judge the first `least` prompts of every category that has as many."""
        for indices in self._indices_by_category().values():
            if len(indices) >= least:
                self._judge(indices[:least])

    def prefix(self) -> JudgedPrefix:
        """What has been consumed of the order. Judges nothing."""
        return self._part(self._order[: self._reached], len(self._order))

    def by_category(self) -> dict[str, JudgedPrefix]:
        """What has been judged of each category. Judges nothing."""
        return {
            category: self._part([index for index in indices if index in self._values], len(indices))
            for category, indices in self._indices_by_category().items()
        }

    def _indices_by_category(self) -> dict[str, list[int]]:
        """The prompts of each category, in the frozen order."""
        categories = sorted({self._category[index] for index in self._order})
        return {name: [index for index in self._order if self._category[index] == name] for name in categories}

    def _part(self, indices: Sequence[int], of: int) -> JudgedPrefix:
        prompts = [self.source.prompts[index] for index in indices]
        return JudgedPrefix(prompts, [self._values[index] for index in indices], of, self._clusters)

    def _judge(self, indices: Iterable[int]) -> None:
        new_indices = [index for index in indices if index not in self._values]
        if new_indices:
            self._values |= dict(zip(new_indices, self.source.preferences(new_indices), strict=True))


def frozen_order(prompts: Sequence[Prompt], seed: int, clusters: str | None = None) -> list[int]:
    """Indices in the order in which prompts are consumed: a seeded permutation of the texts that other prompts do not
    change. A text that occurs again is left out: one prompt is one observation. Clusters stay together."""
    first: dict[str, int] = {}
    for index, prompt in enumerate(prompts):
        first.setdefault(prompt.text_key, index)

    def rank(index: int) -> tuple[str, str]:
        prompt = prompts[index]
        cluster = content_key("order", seed, prompt.category) if clusters else ""
        return cluster, content_key("order", seed, prompt.text_key)

    return sorted(first.values(), key=rank)


def clear_prompts(prefix: JudgedPrefix) -> tuple[tuple[ClearPrompt, ...], tuple[ClearPrompt, ...]]:
    """The prompts that were won and lost most clearly, five of each at most; among equals the earlier in the order."""
    judged = [
        ClearPrompt(prompt.text, prompt.category, value)
        for prompt, value in zip(prefix.prompts, prefix.values, strict=True)
        if value is not None
    ]
    won = sorted((clear for clear in judged if clear.preference > 0.5), key=lambda clear: -clear.preference)
    lost = sorted((clear for clear in judged if clear.preference < 0.5), key=lambda clear: clear.preference)
    return tuple(won[:CLEAREST]), tuple(lost[:CLEAREST])
