"""The spread of preferences that a plan rests on comes from comparable evaluations alone."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.gate.deviation import Deviation, deviation_of
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

ASKED = [Prompt(f"Say yes, {n}.", "all", checks=({"contains": "yes"},)) for n in range(60)]
ASSUMED = Deviation(0.5, 0)


@pytest.fixture
def judge() -> ScoreJudge:
    return ScoreJudge(scorer=ChecklistScorer(), progress=Progress(quiet=True))


def contest(store: Store, judge: ScoreJudge, values: Sequence[float], name: str = "new", file: str = "bench") -> None:
    """An evaluation with these preferences on the first prompts."""
    asked = ASKED[: len(values)]
    answers = {1.0: ("yes", "no"), 0.5: ("no", "no"), 0.0: ("no", "yes")}
    ours = add_answers(store, name, asked, [answers[value][0] for value in values])
    theirs = add_answers(store, f"old {name}", asked, [answers[value][1] for value in values])
    evaluate_outputs(store, judge, Benchmark(name=file, prompts=asked), ours, theirs)


def test_it_is_that_of_all_comparable_evaluations_together(store: Store, judge: ScoreJudge) -> None:
    assert deviation_of(store, judge.id, ASKED, "one") == ASSUMED
    contest(store, judge, [1.0, 0.5, 0.5, 0.0] * 15)
    measured = deviation_of(store, judge.id, ASKED, "one")
    assert measured == Deviation(pytest.approx((0.125 * 60 / 59) ** 0.5), 1)
    contest(store, judge, [0.5] * 59 + [1.0], "another", file="a file of another name")
    assert deviation_of(store, judge.id, ASKED, "one").evaluations == 2
    assert deviation_of(store, judge.id, ASKED, "one").value < measured.value


@pytest.mark.parametrize(
    "values",
    [[1.0] * 58 + [0.0] * 2, [0.0] * 58 + [1.0] * 2, [1.0, 0.0] * 14, [0.5] * 60],
    ids=["nearly always won", "nearly always lost", "few prompts", "nothing but ties"],
)
def test_a_contest_that_tells_no_spread_is_left_out(store: Store, judge: ScoreJudge, values: list[float]) -> None:
    contest(store, judge, values)
    assert deviation_of(store, judge.id, ASKED, "one") == ASSUMED


def test_another_judge_other_prompts_and_other_orders_are_left_out(store: Store, judge: ScoreJudge) -> None:
    contest(store, judge, [1.0, 0.5, 0.5, 0.0] * 15)
    others = [replace(prompt, text=f"Please: {prompt.text}") for prompt in ASKED]
    assert deviation_of(store, "another", ASKED, "one") == ASSUMED
    assert deviation_of(store, judge.id, others, "one") == ASSUMED
    assert deviation_of(store, judge.id, ASKED, "both") == Deviation(pytest.approx(0.36), 0)
    assert deviation_of(None, judge.id, ASKED, "one") == ASSUMED
