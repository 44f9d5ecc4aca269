"""Arena-Hard's figures: official scores, the prompt-level interval beside, and style control."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from tpobench.benchmarks.arena_hard.equal_style import StyledPrompts, equal_style, equal_style_difference
from tpobench.benchmarks.arena_hard.labels import Vote, vote
from tpobench.benchmarks.arena_hard.pooled_style import pooled_style_controlled
from tpobench.benchmarks.arena_hard.scores import prompt_sums, score_v01, score_v2
from tpobench.benchmarks.arena_hard.style import Style, estimated_tokens, style_difference, style_of
from tpobench.harness.evaluation.benchmark import FigureDifference, Score
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import mean_interval

STYLE_CONTROLLED = "style_controlled_win_rate"
OFFICIAL_STYLE_CONTROLLED = "official_style_controlled_score"

_LEAST_PROMPTS = 10
"""Fewer prompts tell nothing of four style effects."""

Votes = Sequence[Vote | None]


def score(version: str) -> Score:
    """Official score and interval, the prompt-level interval, and style control where the texts are known; tokens
    are estimated for it, since the official counter needs a download."""

    def figures(observations: Sequence[PromptJudgments]) -> list[Metric]:
        metrics = _scores(version, observations)
        parts = sorted({_part(o) for o in observations}) if version != "v0.1" else []
        for part in parts:  # v2.0 reports hard_prompt and creative_writing each alone
            of_part = _scores(version, [o for o in observations if _part(o) == part])
            metrics += [replace(metric, category=part) for metric in of_part]
        return metrics

    return figures


def difference(a: Sequence[PromptJudgments], b: Sequence[PromptJudgments]) -> list[FigureDifference]:
    """The difference of two models' style-controlled win rates, on the prompts where both have texts and verdicts."""
    both = [pair for pair in zip(a, b, strict=True) if _has_style(pair[0]) and _has_style(pair[1])]
    if len(both) < _LEAST_PROMPTS:
        return []
    try:
        found = equal_style_difference(_styled([ours for ours, _ in both]), _styled([theirs for _, theirs in both]))
    except ValueError:  # of a model, style and strength cannot be told apart
        return []
    return [
        FigureDifference(
            name=STYLE_CONTROLLED,
            a=found.a,
            b=found.b,
            difference=found.a - found.b,
            low=found.low,
            high=found.high,
            n=len(both),
        )
    ]


def official_style_control(
    version: str, evaluations: Mapping[str, Sequence[PromptJudgments]]
) -> Mapping[str, Sequence[Metric]]:
    """Upstream's style-controlled score of every model at once, from one fit over all their votes, by evaluation.

    Args:
        version: ``v0.1`` shows 95% intervals, ``v2.0`` 90%.
        evaluations: Of different models by one judge against one baseline.
    """
    styled = {key: kept for key, o in evaluations.items() if (kept := [each for each in o if _has_style(each)])}
    if len(styled) < 2:  # held at its own mean style, one model's score is what it was
        return {}
    numbered = list(enumerate(styled.values()))
    rows = [
        (number, cast.outcome, cast.weight, *_difference(observation))
        for number, observations in numbered
        for observation in observations
        for cast in _votes(observation)
        if cast is not None
    ]
    table = np.array(rows, dtype=np.float64)
    ends = (0.025, 0.975) if version == "v0.1" else (0.05, 0.95)
    median, low, high = pooled_style_controlled(
        table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3:], quantiles=ends
    )
    return {
        key: [
            Metric(
                name=OFFICIAL_STYLE_CONTROLLED,
                value=float(median[number]),
                n=len(observations),
                low=float(low[number]),
                high=float(high[number]),
            )
        ]
        for (number, observations), key in zip(numbered, styled, strict=True)
    }


def _part(observation: PromptJudgments) -> str:
    return observation.prompt.category.split("/")[0]


def _votes(observation: PromptJudgments) -> Votes:
    return [vote(verdict.verdict, verdict.order == "AB") for verdict in observation.verdicts]


def _scores(version: str, observations: Sequence[PromptJudgments]) -> list[Metric]:
    votes_by_prompt = [_votes(observation) for observation in observations]
    whole_only = version != "v0.1"
    totals, weights = prompt_sums(votes_by_prompt, whole_only)
    if not weights.sum():
        return []
    official = score_v2(votes_by_prompt) if whole_only else score_v01(votes_by_prompt)
    judged = weights > 0
    honest = mean_interval((totals[judged] / weights[judged]).tolist(), weights=weights[judged].tolist())
    return [
        Metric(
            name="official_arena_score", value=official.score, n=official.prompts, low=official.low, high=official.high
        ),
        Metric(name="arena_score", value=honest.mean, n=official.prompts, low=honest.low, high=honest.high),
        *_style_controlled(observations),
    ]


def _style_controlled(observations: Sequence[PromptJudgments]) -> list[Metric]:
    known = [observation for observation in observations if _has_style(observation)]
    if len(known) < _LEAST_PROMPTS:
        return []
    try:
        found = equal_style(_styled(known))
    except ValueError:  # style and strength cannot be told apart
        return []
    return [Metric(name=STYLE_CONTROLLED, value=found.score, n=len(known), low=found.low, high=found.high)]


def _has_style(observation: PromptJudgments) -> bool:
    texts = observation.candidate_text, observation.baseline_text
    return None not in texts and bool(observation.verdicts) and None not in _votes(observation)


def _styled(observations: Sequence[PromptJudgments]) -> StyledPrompts:
    totals, weights = prompt_sums([_votes(observation) for observation in observations], whole_only=True)
    differences = np.array([_difference(observation) for observation in observations])
    return StyledPrompts(outcomes=totals / weights, weights=weights, differences=differences)


def _difference(observation: PromptJudgments) -> tuple[float, ...]:
    return style_difference(_style(observation.candidate_text or ""), _style(observation.baseline_text or ""))


@lru_cache(maxsize=4096)
def _style(text: str) -> Style:
    """A baseline's answer is compared with every model's."""
    return style_of(text, estimated_tokens)
