"""A comparison that is judged bit by bit: prompts are consumed in one order, and no more of them than it takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tpobench.harness.evaluation.distinct_prompts import distinct
from tpobench.harness.gate.decision import ClearPrompt
from tpobench.harness.gate.input import PreferenceSource
from tpobench.harness.records import Prompt, content_key

CLEAREST = 5
"""How many of the prompts that were won, and of those that were lost, are shown."""


@dataclass(frozen=True)
class Look:
    """In which order the observations of a comparison are consumed, and how many of them the first look had: the one
    test of all prompts is made there. What later looks add stands behind."""

    order: tuple[str, ...]
    first: int


@dataclass(frozen=True, kw_only=True)
class JudgedPrefix:
    """What has been consumed of a comparison, in its order.

    `of` is the number of prompts that it has, and `final` how many of them the one test of all prompts is about. With
    `clusters`, prompts of one category are one observation; `largest` is the size of the largest. `rows` is the number
    of prompts of the benchmark that these are a sample of; 0 where they are all of it.
    """

    prompts: Sequence[Prompt]
    values: Sequence[float | None]
    of: int
    final: int
    clusters: str | None = None
    largest: int = 1
    rows: int = 0

    @property
    def total(self) -> int:
        """How many prompts the whole benchmark has."""
        return max(self.of, self.rows)

    @property
    def missing(self) -> int:
        """How many judgments are missing."""
        return sum(value is None for value in self.values)

    @property
    def seen(self) -> list[float]:
        """The preferences that are not missing."""
        return [value for value in self.values if value is not None]

    @property
    def complete(self) -> bool:
        """Whether every prompt is consumed."""
        return len(self.values) == self.of


class SequentialComparison:
    """The preferences of a source, asked for as they are needed.

    Args:
        source: Where the preferences come from.
        look: The order of its observations; `fresh_look` where nothing was looked at before.
        clusters: ``category`` where the prompts of a category count as one observation.
        rows: How many prompts the benchmark has, where the source has a sample of them.
    """

    def __init__(
        self, source: PreferenceSource, look: Look | None = None, clusters: str | None = None, *, rows: int = 0
    ) -> None:
        self.source = source
        self.rows = rows
        self._look = look or fresh_look(source, clusters)
        index = {key: number for number, key in enumerate(source.observations)}
        self._order = [index[key] for key in self._look.order]
        self._category = [prompt.category for prompt in source.prompts]
        self._clusters = clusters
        self._values: dict[int, float | None] = {}
        self._reached = 0

    @property
    def complete(self) -> bool:
        """Whether every prompt of the order is consumed."""
        return self._reached == len(self._order)

    @property
    def notes(self) -> list[str]:
        """What a reader must know of the order: prompts that repeat others, and what an earlier look left to do."""
        repeated, grown = len(self.source.prompts) - len(self._order), len(self._order) - self._look.first
        notes = []
        if repeated:
            notes.append(f"{repeated} of {len(self.source.prompts)} prompts repeat others and are left out")
        if self.rows > len(self.source.prompts):
            notes.append(f"at most {len(self.source.prompts)} of the benchmark's {self.rows} prompts may be judged")
        if grown:
            notes.append(
                f"{grown} prompts were added to the {self._look.first} of the first look: the one test of all prompts "
                "is that of the first look, and the sequential test goes on"
            )
        return notes

    @property
    def judged(self) -> list[int]:
        """The indices of the prompts that have been judged, in the order."""
        return [index for index in self._order if index in self._values]

    def advance(self, count: int) -> None:
        """Judge the next `count` prompts of the order."""
        self._judge(self._order[self._reached : self._reached + count])
        self._reached = min(self._reached + count, len(self._order))

    def prefix(self) -> JudgedPrefix:
        """What has been consumed of the order. Judges nothing."""
        sizes = [len(indices) for indices in self.by_category().values()] if self._clusters else []
        consumed = self._part(
            self._order[: self._reached], len(self._order), final=self._look.first, largest=max(sizes, default=1)
        )
        return replace(consumed, rows=self.rows)

    def by_category(self) -> dict[str, list[int]]:
        """The indices of the prompts of each category, in the order."""
        categories = sorted({self._category[index] for index in self._order})
        return {name: [index for index in self._order if self._category[index] == name] for name in categories}

    def part(self, indices: Sequence[int], judge: bool = True) -> JudgedPrefix:
        """A comparison of its own on these prompts, one observation each; of those that are judged already unless
        `judge`."""
        if judge:
            self._judge(indices)
        return self._part([index for index in indices if index in self._values], len(indices), final=len(indices))

    def _part(self, indices: Sequence[int], of: int, *, final: int, largest: int = 0) -> JudgedPrefix:
        return JudgedPrefix(
            prompts=[self.source.prompts[index] for index in indices],
            values=[self._values[index] for index in indices],
            of=of,
            final=final,
            clusters=self._clusters if largest else None,
            largest=max(largest, 1),
        )

    def _judge(self, indices: Iterable[int]) -> None:
        new_indices = [index for index in indices if index not in self._values]
        if new_indices:
            self._values |= dict(zip(new_indices, self.source.preferences(new_indices), strict=True))


def fresh_look(source: PreferenceSource, clusters: str | None = None) -> Look:
    """The order in which the prompts of a source are consumed where none of them was before."""
    observations = source.observations
    order = tuple(observations[index] for index in frozen_order(source.prompts, clusters))
    return Look(order, len(order))


def frozen_order(prompts: Sequence[Prompt], clusters: str | None = None) -> list[int]:
    """Indices in the order in which prompts are consumed: a permutation that depends on each text alone, never on what
    came in first (slow prompts are long prompts), and that nobody chooses. A prompt that repeats another is left out,
    since one prompt is one observation. Clusters stay together."""

    def rank(index: int) -> tuple[str, str]:
        prompt = prompts[index]
        cluster = content_key("order", 0, prompt.category) if clusters else ""
        return cluster, content_key("order", 0, prompt.text_key)

    return sorted(distinct(prompts), key=rank)


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
