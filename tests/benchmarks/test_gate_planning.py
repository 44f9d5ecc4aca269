"""What a gate's plan takes from the store."""

from dataclasses import replace

import pytest

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.judgments import preference_deviation
from tpobench.harness.store.store import Store


def test_the_deviation_is_that_of_prompts_of_a_model_and_another_or_itself_in_another_mode(store: Store) -> None:
    asked = [Prompt(f"prompt {n}", "all", checks=({"contains": "yes"},)) for n in range(40)]
    benchmark, judge = (
        Benchmark(name="bench", prompts=asked),
        ScoreJudge(scorer=ChecklistScorer(), progress=Progress(quiet=True)),
    )
    direct = add_answers(store, "model", asked, ["no"] * 40)
    evaluate_outputs(store, judge, benchmark, direct, direct)
    assert preference_deviation(store, judge.id, "bench") is None, "a model against itself is nothing but ties"
    half = add_answers(store, "what the model thinks", asked, ["yes", "no"] * 20)
    thinking = replace(half, model=direct.model, mode=replace(DIRECT, name="think:generic"))
    evaluate_outputs(store, judge, benchmark, thinking, direct)
    # 20 wins and 20 ties: values 1 and 1/2, a quarter from their mean
    assert preference_deviation(store, judge.id, "bench") == pytest.approx(0.25 * (40 / 39) ** 0.5)
