"""Who scores the samples that become pairs: a pointwise judge, or a pairwise one through Elo (paper, section 2.2).

Both see responses only, and both leave what they say in the store: what is there is not asked again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Protocol

import numpy as np

from tpobench.harness.api.client import Connect
from tpobench.harness.errors import UserError
from tpobench.harness.judges.base import Comparison, Judge
from tpobench.harness.judges.named import judge_named, weighted_scorer
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.judges.scorer import Scorer, ensure_scores
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt, score_key
from tpobench.harness.store.store import Store
from tpobench.tpo.config import JudgeConfig
from tpobench.tpo.preferences.scoring import Floats, elo_scores

Responses = Sequence[str | None]
"""None for an output that did not parse."""

Group = tuple[Prompt, Responses]
"""A prompt with the responses to it that are to be scored."""


class TrainingJudge(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...

    def covers(self, judge: str) -> bool:
        """Whether its scores rest on those of the judge with this id, so that it is not an independent evaluator."""

    def require(self, prompts: Sequence[Prompt]) -> None:
        """Raises UserError for a prompt whose responses it cannot score."""

    def scores(
        self, store: Store, groups: Sequence[Group], markers: Sequence[str], what: str
    ) -> list[list[float | None]]:
        """One score for each response, comparable within its group; None for None, and where verdicts are missing.

        Raises AssertionError when one of the thought's markers is in a response, UserError when the judge fails.
        """

    def against(
        self,
        store: Store,
        prompts: Sequence[Prompt],
        ours: Sequence[str | None],
        theirs: Sequence[str | None],
        what: str,
    ) -> list[float | None]:
        """By prompt, the preference in [0, 1] for our response over theirs; None where a verdict is missing.

        A response that is None loses to any other; equal ones are a tie and are not judged.
        """

    def close(self) -> None:
        """Free what the judge holds in memory."""


@dataclass(frozen=True)
class PointwiseTrainingJudge:
    """Scores are the scorer's own."""

    scorer: Scorer
    progress: Progress

    @property
    def id(self) -> str:
        return self.scorer.id

    @property
    def label(self) -> str:
        return self.scorer.label

    def covers(self, judge: str) -> bool:
        return self.scorer.covers(judge)

    def require(self, prompts: Sequence[Prompt]) -> None:
        self.scorer.require(prompts)

    def scores(
        self, store: Store, groups: Sequence[Group], markers: Sequence[str], what: str
    ) -> list[list[float | None]]:
        _require_no_thought(groups, markers)
        wanted = [(prompt, response) for prompt, responses in groups for response in responses if response is not None]
        values = ensure_scores(store, self.scorer, wanted, self.progress, what)
        return [
            [None if response is None else values[score_key(self.id, prompt, response)] for response in responses]
            for prompt, responses in groups
        ]

    def against(
        self,
        store: Store,
        prompts: Sequence[Prompt],
        ours: Sequence[str | None],
        theirs: Sequence[str | None],
        what: str,
    ) -> list[float | None]:
        preferences = [_settled(a, b) for a, b in zip(ours, theirs, strict=True)]
        open_ = [index for index, value in enumerate(preferences) if value is None]
        groups = [(prompts[index], (ours[index], theirs[index])) for index in open_]
        for index, (a, b) in zip(open_, self.scores(store, groups, (), what), strict=True):
            assert a is not None
            assert b is not None
            preferences[index] = 1.0 if a > b else 0.0 if a < b else 0.5
        return preferences

    def close(self) -> None:
        self.scorer.close()


@dataclass(frozen=True)
class PairwiseTrainingJudge:
    """Every two different responses to a prompt are compared in both orders, K (K - 1) calls; scores are Elo from the
    verdicts.

    An answer without a verdict is a missing game, a loss for neither.
    """

    judge: Judge

    @property
    def id(self) -> str:
        return self.judge.id

    @property
    def label(self) -> str:
        return self.judge.label

    def covers(self, judge: str) -> bool:
        return judge == self.id

    def require(self, prompts: Sequence[Prompt]) -> None:
        self.judge.require(prompts)

    def scores(
        self, store: Store, groups: Sequence[Group], markers: Sequence[str], what: str
    ) -> list[list[float | None]]:
        _require_no_thought(groups, markers)
        distinct = [list(dict.fromkeys(r for r in responses if r is not None)) for _, responses in groups]
        games = [
            Comparison(prompt=prompt, candidate=first, baseline=second, order=order, markers=tuple(markers))
            for (prompt, _), responses in zip(groups, distinct, strict=True)
            for first, second in combinations(responses, 2)
            for order in ("AB", "BA")
        ]
        preferences = iter(self._preferences(store, games, what))
        elo = elo_scores([_verdicts(len(responses), preferences) for responses in distinct])
        by_response = [
            dict(zip(responses, scores, strict=True)) for responses, scores in zip(distinct, elo, strict=True)
        ]
        return [
            [None if response is None else scores[response] for response in responses]
            for (_, responses), scores in zip(groups, by_response, strict=True)
        ]

    def against(
        self,
        store: Store,
        prompts: Sequence[Prompt],
        ours: Sequence[str | None],
        theirs: Sequence[str | None],
        what: str,
    ) -> list[float | None]:
        preferences = [_settled(a, b) for a, b in zip(ours, theirs, strict=True)]
        open_ = [index for index, value in enumerate(preferences) if value is None]
        games = [
            Comparison(prompt=prompts[index], candidate=ours[index] or "", baseline=theirs[index] or "", order=order)
            for index in open_
            for order in ("AB", "BA")
        ]
        judged = iter(self._preferences(store, games, what))
        for index, ab, ba in zip(open_, judged, judged, strict=True):
            preferences[index] = None if ab is None or ba is None else (ab + ba) / 2
        return preferences

    def close(self) -> None:
        self.judge.close()

    def _preferences(self, store: Store, games: Sequence[Comparison], what: str) -> list[float | None]:
        """For the first response of each comparison, in order."""
        store.add_prompts({game.prompt.key: game.prompt for game in games}.values())
        keys = self.judge.judge(store, games, what)
        preferences = store.preferences(keys)
        return [preferences[key] for key in keys]


def training_judge(config: JudgeConfig, connect: Connect, progress: Progress) -> TrainingJudge:
    """The training judge that a configuration names: any judge, or a weighted sum of scorers.

    Raises UserError for an unknown one, and for a judge that asks a model where none is named.
    """
    if config.parts:
        parts = weighted_scorer([(part.judge, part.weight) for part in config.parts])
        return PointwiseTrainingJudge(parts, progress)
    request = JudgeRequest(name=config.name, progress=progress, model=config.model)
    judge = judge_named(request)
    if judge.scorer is not None:
        return PointwiseTrainingJudge(judge.scorer, progress)
    if config.model is None and not judge.free:
        raise UserError(f"the judge {request.kind} needs judge.model: NAME@http://HOST:PORT/v1")
    return PairwiseTrainingJudge(judge_named(replace(request, connect=connect)))


def _require_no_thought(groups: Sequence[Group], markers: Sequence[str]) -> None:
    for prompt, responses in groups:
        for marker in markers:
            leaked = any(marker in response for response in responses if response is not None)
            assert not leaked, f'a thought would reach the judge: {marker!r} in a response to "{prompt.text[:40]}"'


def _settled(ours: str | None, theirs: str | None) -> float | None:
    """The preference for ours that needs no judge; None when the two have to be judged."""
    if ours == theirs:
        return 0.5
    return 0.0 if ours is None else 1.0 if theirs is None else None


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
