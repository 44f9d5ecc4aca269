"""Comparisons that a judge is asked for when they are needed, and that are looked up in the store afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.judges.base import Comparison, Judge
from tpobench.harness.records import content_key
from tpobench.harness.stats.preferences import mean_preference
from tpobench.harness.store.judgments import judgments_with_keys
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class AskedComparisons:
    """What a judge says of the comparisons of each prompt. When `offline`, nobody is asked, and what the store lacks
    counts as missing."""

    store: Store
    judge: Judge
    offline: bool
    comparisons: Sequence[Sequence[Comparison]]
    title: str

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        """The preference on the prompts with these indices, over their comparisons; None where it is missing."""
        if not self.offline:
            asked = [comparison for index in indices for comparison in self.comparisons[index]]
            self.judge.judge(self.store, asked, self.title)
        keys = [self.keys[index] for index in indices]
        known = self.store.preferences([key for of_prompt in keys for key in of_prompt])
        return [mean_preference([known.get(key) for key in of_prompt]) for of_prompt in keys]

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        """The stored judgments of the prompts with these indices; one that is not stored is an empty verdict without a
        preference."""
        known = judgments_with_keys(self.store, [key for index in indices for key in self.keys[index]])
        return [
            tuple(
                Verdict(comparison.order, known[key].verdict, known[key].preference)
                if key in known
                else Verdict(comparison.order, "", None)
                for comparison, key in zip(self.comparisons[index], self.keys[index], strict=True)
            )
            for index in indices
        ]

    @property
    def observations(self) -> list[str]:
        """By prompt the key of its judgments, whether they are stored or not."""
        return [content_key("observation", sorted(of_prompt)) for of_prompt in self.keys]

    @cached_property
    def keys(self) -> list[list[str]]:
        """By prompt the keys of its judgments."""
        return [[self.judge.key(comparison) for comparison in of_prompt] for of_prompt in self.comparisons]
