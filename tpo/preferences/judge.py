"""Who scores the samples that become pairs: a pointwise judge, or a pairwise one through Elo (paper, section 2.2).

Both see responses only, and both leave what they say in the store: what is there is not asked again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Protocol

import numpy as np

from tpobench.harness.errors import UserError
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.base import Comparison
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt, score_key
from tpobench.harness.store.store import Store
from tpobench.tpo.preferences.scoring import Floats, elo_scores

if TYPE_CHECKING:
    from tpobench.harness.judges.pointwise import PointwiseJudge

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
        """Whether its scores rest on those of the judge with this id, so that one is no independent evaluator."""

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
    """Scores are the judge's own."""

    judge: "PointwiseJudge"
    reporter: Progress

    @property
    def id(self) -> str:
        return self.judge.id

    @property
    def label(self) -> str:
        return self.judge.label

    def covers(self, judge: str) -> bool:
        return self.judge.covers(judge)

    def require(self, prompts: Sequence[Prompt]) -> None:
        self.judge.require(prompts)

    def scores(
        self, store: Store, groups: Sequence[Group], markers: Sequence[str], what: str
    ) -> list[list[float | None]]:
        _require_no_thought(groups, markers)
        asked = {
            score_key(self.id, prompt, response): (prompt, response)
            for prompt, responses in groups
            for response in responses
            if response is not None
        }
        missing = store.missing("score", list(asked))
        if missing:
            _add_prompts(store, [asked[key][0] for key in missing])
            with self.reporter.scoring(what, len(missing)) as advance:
                for scored in self.judge.score_all([asked[key] for key in missing]):
                    store.add_scores(scored)
                    advance(len(scored))
        found = store.scores(list(asked))
        if len(found) < len(asked):
            raise UserError(
                f"the judge {self.label} left {len(asked) - len(found)} of {len(asked)} responses without a score; the "
                "others are stored, the same command asks for the rest"
            )
        return [
            [None if response is None else found[score_key(self.id, prompt, response)] for response in responses]
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
        found = [_settled(a, b) for a, b in zip(ours, theirs, strict=True)]
        open_places = [place for place, value in enumerate(found) if value is None]
        groups = [(prompts[place], (ours[place], theirs[place])) for place in open_places]
        for place, (a, b) in zip(open_places, self.scores(store, groups, (), what), strict=True):
            assert a is not None
            assert b is not None
            found[place] = 1.0 if a > b else 0.0 if a < b else 0.5
        return found

    def close(self) -> None:
        self.judge.close()


@dataclass(frozen=True)
class PairwiseTrainingJudge:
    """Every two different responses to a prompt meet in both orders, K (K - 1) calls; scores are Elo from the verdicts.

    An answer without a verdict is a missing game, a loss for neither.
    """

    panel: ModelJudge

    @property
    def id(self) -> str:
        return self.panel.judge.id

    @property
    def label(self) -> str:
        return self.panel.judge.label

    def covers(self, judge: str) -> bool:
        return judge == self.id

    def require(self, prompts: Sequence[Prompt]) -> None:
        """It can be asked about any prompt."""

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
            [None if response is None else found[response] for response in responses]
            for (_, responses), found in zip(groups, by_response, strict=True)
        ]

    def against(
        self,
        store: Store,
        prompts: Sequence[Prompt],
        ours: Sequence[str | None],
        theirs: Sequence[str | None],
        what: str,
    ) -> list[float | None]:
        found = [_settled(a, b) for a, b in zip(ours, theirs, strict=True)]
        open_places = [place for place, value in enumerate(found) if value is None]
        games = [
            Comparison(prompt=prompts[place], candidate=ours[place] or "", baseline=theirs[place] or "", order=order)
            for place in open_places
            for order in ("AB", "BA")
        ]
        preferences = iter(self._preferences(store, games, what))
        for place, ab, ba in zip(open_places, preferences, preferences, strict=True):
            found[place] = None if ab is None or ba is None else (ab + ba) / 2
        return found

    def close(self) -> None:
        """The model is elsewhere."""

    def _preferences(self, store: Store, games: Sequence[Comparison], what: str) -> list[float | None]:
        """For the first response of each comparison, in order."""
        _add_prompts(store, [game.prompt for game in games])
        keys = self.panel.ensure(store, games, what)
        found = store.preferences(keys)
        return [found[key] for key in keys]


def _require_no_thought(groups: Sequence[Group], markers: Sequence[str]) -> None:
    for prompt, responses in groups:
        for marker in markers:
            leaked = any(marker in response for response in responses if response is not None)
            assert not leaked, f'a thought would reach the judge: {marker!r} in a response to "{prompt.text[:40]}"'


def _add_prompts(store: Store, prompts: Sequence[Prompt]) -> None:
    store.add_prompts({prompt.key: prompt for prompt in prompts}.values())


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
