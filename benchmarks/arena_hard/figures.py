"""Arena-Hard as a benchmark: two games a prompt with sides swapped, official scores, prompt-level interval beside."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tpobench.benchmarks.arena_hard.data import BASELINES, ROWS, VERSIONS, aligned, answers, fetch, questions
from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.evaluation.benchmark import Baseline, Benchmark, Score
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.models.resolve import cache_folder
from tpobench.harness.records import Metric
from tpobench.harness.stats.bootstrap import prompt_bootstrap
from tpobench.harness.stats.bradley_terry import (
    Style,
    Vote,
    prompt_sums,
    score_v01,
    score_v2,
    style_controlled,
    style_difference,
    vote,
)

REPEATS = 10_000


def arena_hard(name: str, data: Path | None) -> Benchmark:
    """``arena_hard_v0.1`` or ``arena_hard_v2.0`` from a folder of official files.

    Of v2.0, questions whose category's baseline answers are not in the folder are left out, and the result says so.
    """
    version = _version(name)
    folder = data_folder(version, data)
    asked = questions(version, folder)
    found: dict[str, str] = {}
    baselines = []
    for category, model in BASELINES[version].items():
        try:
            theirs = answers(version, folder, model)
        except UserError:
            if len(BASELINES[version]) == 1:
                raise
            continue
        baselines.append(model)
        mine = [question for question in asked if question.prompt.category.startswith(category)]
        wanted = {question.uid for question in mine}
        found |= dict(
            zip(
                [question.uid for question in mine],
                aligned({uid: text for uid, text in theirs.items() if uid in wanted}, mine, f"{model}'s answers"),
                strict=True,
            )
        )
    if not found:
        raise UserError(f"{folder} holds no baseline answers of {version}: {', '.join(BASELINES[version].values())}")
    answered = [question for question in asked if question.uid in found]
    return Benchmark(
        name=f"arena_hard_{version}",
        prompts=[question.prompt for question in answered],
        orders="both",
        rows=ROWS[version],
        score=score(version),
        judge="arena_hard",
        baselines=(Baseline(" + ".join(baselines), [found[question.uid] for question in answered]),),
        official=True,
        max_new_tokens=4096,
        needs_texts=True,
    )


def score(version: str, tokens: Callable[[str], int] | None = None) -> Score:
    """Official score and interval, the prompt-level interval, and style control where the texts are known.

    `tokens` counts the tokens of a text; without it they are estimated (the official counter needs a download).
    """

    def figures(observations: Sequence[PromptJudgments]) -> list[Metric]:
        found = one(observations)
        parts = sorted({o.prompt.category.split("/")[0] for o in observations}) if version != "v0.1" else []
        for part in parts:  # v2.0 reports hard_prompt and creative_writing each alone
            mine = [o for o in observations if o.prompt.category.split("/")[0] == part]
            found += [replace(metric, category=part) for metric in one(mine)]
        return found

    def one(observations: Sequence[PromptJudgments]) -> list[Metric]:
        games = [[vote(game.verdict, game.order == "AB") for game in o.games] for o in observations]
        whole_only = version != "v0.1"
        totals, weights = prompt_sums(games, whole_only)
        if not weights.sum():
            return []
        official = score_v2(games) if whole_only else score_v01(games)
        honest = prompt_bootstrap(totals, weights, REPEATS)
        found = [
            Metric(
                name="official_arena_score",
                value=official.score,
                n=official.prompts,
                category=None,
                low=official.low,
                high=official.high,
            ),
            Metric(
                name="arena_score",
                value=float(honest.mean[0]),
                n=official.prompts,
                category=None,
                low=float(honest.low[0]),
                high=float(honest.high[0]),
            ),
        ]
        return found + _style_controlled(observations, games, tokens or estimated_tokens)

    return figures


def _style_controlled(
    observations: Sequence[PromptJudgments], games: Sequence[Sequence[Vote | None]], tokens: Callable[[str], int]
) -> list[Metric]:
    rows = [
        (
            found.outcome,
            found.weight,
            style_difference(style_of(o.candidate_text, tokens), style_of(o.baseline_text, tokens)),
        )
        for o, votes in zip(observations, games, strict=True)
        if o.candidate_text is not None and o.baseline_text is not None and None not in votes
        for found in votes
        if found is not None
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
            category=None,
            low=float(low[0]),
            high=float(high[0]),
        )
    ]


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


def _version(name: str) -> str:
    version = name.removeprefix("arena_hard_")
    if version not in VERSIONS:
        known = [f"arena_hard_{known}" for known in VERSIONS]
        raise UserError(f"unknown benchmark {name!r}; {did_you_mean(name, known)}")
    return version


def data_folder(version: str, data: Path | None) -> Path:
    """The user's folder, or one in the cache with the official files at their pinned commits."""
    if data is not None:
        return data
    folder = cache_folder() / f"arena-hard-{version}"
    fetch(version, folder)
    return folder
