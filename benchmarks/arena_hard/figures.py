"""Arena-Hard's figures: official scores, the prompt-level interval beside, and style control."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tpobench.benchmarks.arena_hard.labels import Vote, vote
from tpobench.benchmarks.arena_hard.scores import prompt_sums, score_v01, score_v2
from tpobench.benchmarks.arena_hard.style import estimated_tokens, style_controlled, style_difference, style_of
from tpobench.harness.evaluation.benchmark import Score
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric
from tpobench.harness.stats.bootstrap import prompt_bootstrap

PROMPT_REPEATS = 10_000
"""Bootstraps over prompts."""


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


def _part(observation: PromptJudgments) -> str:
    return observation.prompt.category.split("/")[0]


def _scores(version: str, observations: Sequence[PromptJudgments]) -> list[Metric]:
    votes_by_prompt = [[vote(verdict.verdict, verdict.order == "AB") for verdict in o.verdicts] for o in observations]
    whole_only = version != "v0.1"
    totals, weights = prompt_sums(votes_by_prompt, whole_only)
    if not weights.sum():
        return []
    official = score_v2(votes_by_prompt) if whole_only else score_v01(votes_by_prompt)
    honest = prompt_bootstrap(totals, weights, repeats=PROMPT_REPEATS)
    return [
        Metric(
            name="official_arena_score", value=official.score, n=official.prompts, low=official.low, high=official.high
        ),
        Metric(
            name="arena_score",
            value=float(honest.mean[0]),
            n=official.prompts,
            low=float(honest.low[0]),
            high=float(honest.high[0]),
        ),
        *_style_controlled(observations, votes_by_prompt),
    ]


def _style_controlled(
    observations: Sequence[PromptJudgments], votes_by_prompt: Sequence[Sequence[Vote | None]]
) -> list[Metric]:
    rows = [
        (
            cast.outcome,
            cast.weight,
            style_difference(style_of(o.candidate_text, estimated_tokens), style_of(o.baseline_text, estimated_tokens)),
        )
        for o, votes in zip(observations, votes_by_prompt, strict=True)
        if o.candidate_text is not None and o.baseline_text is not None and None not in votes
        for cast in votes
        if cast is not None
    ]
    if len(rows) < 10:
        return []
    outcomes = np.array([row[0] for row in rows])
    weights = np.array([row[1] for row in rows], dtype=np.float64)
    features = np.array([row[2] for row in rows])
    median, low, high = style_controlled(np.zeros(len(rows), dtype=np.int64), outcomes, weights, features)
    return [
        Metric(
            name="style_controlled_score",
            value=float(median[0]),
            n=len(rows) // 2,
            low=float(low[0]),
            high=float(high[0]),
        )
    ]
