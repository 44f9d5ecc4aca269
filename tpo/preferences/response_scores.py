"""How responses get the scores that pairs are made of: the judge's own, or Elo from its verdicts (paper, section 2.2).

What is said of them is kept in the store, and what is there is not asked again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Protocol

import numpy as np

from tpobench.harness.judges.base import Comparison, Judge
from tpobench.harness.judges.scorer import Scorer, ensure_scores
from tpobench.harness.judges.scoring import score_verdict
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt, score_key
from tpobench.harness.stats.preferences import mean_preference
from tpobench.harness.store.store import Store
from tpobench.tpo.preferences.scoring import Floats, elo_scores

Responses = Sequence[str | None]
"""None for an output that did not parse."""

Group = tuple[Prompt, Responses]
"""A prompt with the responses to it that are to be scored."""


class ResponseScores(Protocol):
    """Scores of the responses to a prompt, and which of two is better."""

    def scores(
        self, store: Store, groups: Sequence[Group], markers: Sequence[str], title: str
    ) -> list[list[float | None]]:
        """One score for each response, comparable within its group; None for None, and where verdicts are missing."""

    def preferences(self, store: Store, pairs: Sequence[tuple[Prompt, str, str]], title: str) -> list[float | None]:
        """For each prompt with two different responses, the preference for the first one; None where a verdict is
        missing."""


def response_scores(judge: Judge, progress: Progress) -> ResponseScores:
    """The judge's own scores where it has some, Elo otherwise."""
    return EloScores(judge) if judge.scorer is None else ScorerScores(judge.scorer, progress)


@dataclass(frozen=True)
class ScorerScores:
    """The scorer's own numbers."""

    scorer: Scorer
    progress: Progress

    def scores(
        self, store: Store, groups: Sequence[Group], markers: Sequence[str], title: str
    ) -> list[list[float | None]]:
        answered = [
            (prompt, response) for prompt, responses in groups for response in responses if response is not None
        ]
        values = ensure_scores(store, self.scorer, answered, self.progress, title)
        return [
            [
                None if response is None else values[score_key(self.scorer.id, prompt, response)]
                for response in responses
            ]
            for prompt, responses in groups
        ]

    def preferences(self, store: Store, pairs: Sequence[tuple[Prompt, str, str]], title: str) -> list[float | None]:
        answered = [(prompt, response) for prompt, *responses in pairs for response in responses]
        values = ensure_scores(store, self.scorer, answered, self.progress, title)
        numbers = iter([values[score_key(self.scorer.id, prompt, response)] for prompt, response in answered])
        return [score_verdict(first, second)[1] for first, second in zip(numbers, numbers, strict=True)]


@dataclass(frozen=True)
class EloScores:
    """Every two different responses to a prompt are compared in both orders, K (K - 1) calls; scores are Elo from the
    verdicts.

    An answer without a verdict is a missing judgment, a loss for neither.
    """

    judge: Judge

    def scores(
        self, store: Store, groups: Sequence[Group], markers: Sequence[str], title: str
    ) -> list[list[float | None]]:
        distinct = [list(dict.fromkeys(r for r in responses if r is not None)) for _, responses in groups]
        comparisons = [
            Comparison(prompt=prompt, candidate=first, baseline=second, order=order, markers=tuple(markers))
            for (prompt, _), responses in zip(groups, distinct, strict=True)
            for first, second in combinations(responses, 2)
            for order in ("AB", "BA")
        ]
        preferences = iter(self._judged(store, comparisons, title))
        elo = elo_scores([_verdicts(len(responses), preferences) for responses in distinct])
        by_response = [
            dict(zip(responses, scores, strict=True)) for responses, scores in zip(distinct, elo, strict=True)
        ]
        return [
            [None if response is None else scores[response] for response in responses]
            for (_, responses), scores in zip(groups, by_response, strict=True)
        ]

    def preferences(self, store: Store, pairs: Sequence[tuple[Prompt, str, str]], title: str) -> list[float | None]:
        comparisons = [
            Comparison(prompt=prompt, candidate=first, baseline=second, order=order)
            for prompt, first, second in pairs
            for order in ("AB", "BA")
        ]
        judged = iter(self._judged(store, comparisons, title))
        return [mean_preference(both) for both in zip(judged, judged, strict=True)]

    def _judged(self, store: Store, comparisons: Sequence[Comparison], title: str) -> list[float | None]:
        """For the first response of each comparison, in order."""
        store.add_prompts({comparison.prompt.key: comparison.prompt for comparison in comparisons}.values())
        keys = self.judge.judge(store, comparisons, title)
        preferences = store.preferences(keys)
        return [preferences[key] for key in keys]


def _verdicts(size: int, preferences: Iterator[float | None]) -> Floats:
    """r_mn of shape (size, size), NaN where missing: m is the response shown first (`battle_matrix`).

    Takes two preferences for every two responses: for the earlier one, shown first and shown second.
    """
    verdicts = np.full((size, size), np.nan)
    for m, n in combinations(range(size), 2):
        verdicts[m, n] = _outcome(next(preferences))
        verdicts[n, m] = -_outcome(next(preferences))
    return verdicts


def _outcome(preference: float | None) -> float:
    return np.nan if preference is None else float(np.sign(preference - 0.5))
