"""Which evaluations a leaderboard shows."""

import time
from dataclasses import replace

import numpy as np
import pytest

from tests.reports.stores import Judging, answered, prompts
from tests.reports.stores import judged as by_say
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.leaderboard import LeaderboardRow, leaderboard, with_ranks
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.stats.ranks import RankInterval
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"prompt {n}", "all", checks=({"contains": "yes"},)) for n in range(40)]
CHECKLIST = ScoreJudge(scorer=ChecklistScorer(), progress=Progress(quiet=True))

ROW = LeaderboardRow(
    evaluation="e",
    benchmark="bench",
    model="m",
    candidate="f",
    mode="direct",
    baseline="base",
    baseline_mode="direct",
    judge="judge",
    prompts=805,
    rows=None,
    notes=(),
    metrics={"win_rate": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 805, "invalid": False}},
    categories={},
)


def judged(store: Store, candidate: ModelOutputs, baseline: ModelOutputs, first: int = 40) -> str:
    """The key of the evaluation on the first prompts."""
    sides = (side.at(range(first)) for side in (candidate, baseline))
    return evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=PROMPTS[:first]), *sides)


def answering(store: Store, name: str, answer: str) -> ModelOutputs:
    return add_answers(store, name, PROMPTS, [answer] * 40)


def test_the_newest_evaluation_counts(store: Store) -> None:
    new, base = answering(store, "new", "yes"), answering(store, "base", "no")
    older = judged(store, new, base, first=10)
    newer = judged(store, new, base)
    assert [(row.evaluation, row.prompts) for row in leaderboard(store)] == [(newer, 40)]
    assert {row.evaluation for row in leaderboard(store, also=[older])} == {older, newer}


def test_a_baseline_in_another_mode_has_a_row_of_its_own(store: Store) -> None:
    new, base = answering(store, "new", "yes"), answering(store, "base", "no")
    thinking = replace(base, mode=replace(DIRECT, name="think:generic"))
    judged(store, new, base)
    judged(store, new, thinking)
    assert sorted(row.against for row in leaderboard(store, "bench")) == ["base", "base (think:generic)"]


def test_a_judge_that_refuses_where_a_model_loses_makes_it_no_leader(store: Store) -> None:
    asked = prompts(100)
    base, good, bad = (answered(store, name, DIRECT, asked, [name] * 100) for name in ("base", "good", "bad"))
    by_say(store, good, base, Judging(say=lambda n, order: float(n < 60)))
    by_say(store, bad, base, Judging(say=lambda n, order: 1.0 if n < 30 else None))
    first, second = leaderboard(store)
    assert (first.model, second.model) == ("good", "bad")
    assert second.value("win_rate") is None
    assert second.metrics["win_rate"]["invalid"]
    assert (second.metrics["win_rate"]["low"], second.metrics["win_rate"]["high"]) == (0.3, 1.0)
    assert second.all_notes == ("70.0% without verdict: win rate 30.0 to 100.0",)
    assert (first.rank, second.rank) == (RankInterval(1, 1, 1), None)


def test_models_that_cannot_be_told_apart_share_ranks(store: Store) -> None:
    asked = prompts(200)
    base, a, b, c = (answered(store, name, DIRECT, asked, [name] * 200) for name in ("base", "a", "b", "c"))
    by_say(store, a, base, Judging(say=lambda n, order: float(n % 2)))
    by_say(store, b, base, Judging(say=lambda n, order: float(n % 2 if n else 1)))  # ahead on one prompt
    by_say(store, c, base, Judging(say=lambda n, order: 0.0))
    rows = leaderboard(store)
    assert [(row.model, row.rank) for row in rows] == [
        ("b", RankInterval(1, 2, 3)),
        ("a", RankInterval(1, 2, 3)),
        ("c", RankInterval(3, 3, 3)),
    ]


def test_a_figure_that_nobody_has_is_nothing_to_sort_by(store: Store) -> None:
    new, base = answering(store, "new", "yes"), answering(store, "base", "no")
    judged(store, new, base)
    with pytest.raises(UserError, match=r"figure 'nosuch' to sort by; known: .*win_rate"):
        leaderboard(store, sort="nosuch")


def test_fifty_models_on_eight_hundred_prompts_take_less_than_two_seconds() -> None:
    random = np.random.default_rng(5)
    hard = random.random(805)
    rows = [
        replace(ROW, evaluation=str(n), candidate=str(n), preferences=dict(zip(map(str, range(805)), won, strict=True)))
        for n, won in enumerate(np.where(hard + random.random((50, 805)) < 1, 1.0, 0.0))
    ]
    start = time.perf_counter()
    assert all(row.rank is not None for row in with_ranks(rows))
    assert time.perf_counter() - start < 2
