"""What a gate's plan takes from the store."""

from dataclasses import replace

import pytest

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.run import judge_and_store
from tpobench.harness.gate.plan import _sigma
from tpobench.harness.judges.checklist import ChecklistJudge
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store


def test_the_deviation_is_that_of_prompts_of_a_model_and_another_or_itself_in_another_mode(store: Store) -> None:
    asked = [Prompt(f"prompt {n}", "all", checks=({"contains": "yes"},)) for n in range(40)]
    benchmark, judge = Benchmark(name="bench", prompts=asked), ChecklistJudge()
    direct = add_answers(store, "model", asked, ["no"] * 40)
    judge_and_store(store, judge, benchmark, direct, direct)
    assert _sigma(store, judge.id, "bench") is None, "a model against itself is nothing but ties"
    half = add_answers(store, "what the model thinks", asked, ["yes", "no"] * 20)
    thinking = replace(half, model=direct.model, mode=replace(DIRECT, name="think:generic"))
    judge_and_store(store, judge, benchmark, thinking, direct)
    # 20 wins and 20 ties: values 1 and 1/2, a quarter from their mean
    assert _sigma(store, judge.id, "bench") == pytest.approx(0.25 * (40 / 39) ** 0.5)
