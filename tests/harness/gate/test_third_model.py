"""Figures of both sides against one third model: on the same prompts, by the same judge, against the same answers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.harness.gate.evaluations import CHECKLIST, NEXT_VERSION, PROMPTS, judged
from tests.harness.gate.inputs import policy
from tpobench.harness.errors import StoreLacks
from tpobench.harness.evaluation.benchmark import Benchmark, FigureDifference
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.gate.figures import ComparedSides
from tpobench.harness.gate.input import PairedValues
from tpobench.harness.gate.third_model import Where, paired_figures
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store

ANYWHERE = Where()


def paired(store: Store, figure: str = "win_rate", where: Where = ANYWHERE, **rule: Any) -> PairedValues:
    sides = ComparedSides(
        candidate=model_named(store, "new").fingerprint,
        candidate_mode="direct",
        baseline=model_named(store, "base").fingerprint,
        baseline_mode="direct",
    )
    rules = policy(paired={figure: {"max_drop": 0.05} | rule})
    return paired_figures(store, rules, sides, where)[figure]


def met(store: Store, **about: Any) -> None:
    """`new` wins 60 of 80 against the third model, `base` 40."""
    judged(store, "new", 60, against="third", **about)
    judged(store, "base", 40, against="third", **about)


def test_both_sides_are_paired_prompt_by_prompt(store: Store) -> None:
    met(store)
    assert sorted(paired(store).pairs) == [(0.5, 0.5)] * 20 + [(1.0, 0.5)] * 20 + [(1.0, 1.0)] * 40


def test_models_without_a_third_one_in_common_are_not_compared(store: Store) -> None:
    judged(store, "new", 60, against="third")
    judged(store, "base", 40, against="another")
    assert "were not judged against one third model" in paired(store).problem


@pytest.mark.parametrize("about", [{"judge": NEXT_VERSION}, {"benchmark": "another"}])
def test_another_judge_or_benchmark_is_not_taken_instead(store: Store, about: dict[str, Any]) -> None:
    judged(store, "new", 60, against="third")
    judged(store, "base", 40, against="third", **about)
    assert "were not judged against one third model" in paired(store).problem


def test_the_third_model_in_another_mode_is_another_one(store: Store) -> None:
    judged(store, "new", 60, against="third")
    third = add_answers(store, "third", PROMPTS, [f"third answers {n}" for n in range(80)])
    base = add_answers(store, "base", PROMPTS, [f"base answers {n}" for n in range(80)])
    thinking = replace(third, mode=replace(DIRECT, name="think:generic"))
    evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=PROMPTS), base, thinking)
    assert "were not judged against one third model" in paired(store).problem


def test_evaluations_over_a_part_of_the_prompts_are_not_paired_with_the_whole(store: Store) -> None:
    judged(store, "new", 60, against="third")
    few = Benchmark(name="bench", prompts=PROMPTS[:5])
    third = add_answers(store, "third", PROMPTS, [f"third answers {n}" for n in range(80)])
    base = add_answers(store, "base", PROMPTS, ["no"] * 80)
    evaluate_outputs(store, CHECKLIST, few, base.at(range(5)), third.at(range(5)))
    assert "were not judged against one third model" in paired(store).problem


def test_of_several_third_models_the_policy_says_which(store: Store) -> None:
    met(store)
    judged(store, "new", 60, against="easy")
    judged(store, "base", 40, against="easy")
    assert "more than one against (easy, third); say which with 'against'" in paired(store).problem
    assert len(paired(store, against="third").pairs) == 80
    with pytest.raises(StoreLacks, match="did you mean 'third'"):
        paired(store, against="thrid")


def test_the_gates_own_judge_and_prompts_count(store: Store) -> None:
    met(store)
    keys = {prompt.key for prompt in PROMPTS}
    assert paired(store, where=Where(judge=CHECKLIST.id, prompts=keys)).pairs
    assert paired(store, where=Where(judge=NEXT_VERSION.id)).problem
    assert paired(store, where=Where(prompts={PROMPTS[0].key})).problem


def benchmark(n: int = 80) -> Benchmark:
    """One with a figure of its own, over `n` prompts."""

    def difference(a: Sequence[PromptJudgments], b: Sequence[PromptJudgments]) -> list[FigureDifference]:
        assert [entry.prompt.key for entry in a] == [entry.prompt.key for entry in b]
        return [FigureDifference(name="lc", a=0.7, b=0.6, difference=0.1, low=0.05, high=0.15, n=n)]

    return Benchmark(name="bench", prompts=PROMPTS, difference=difference)


def test_a_benchmarks_own_figure_has_the_difference_that_it_takes(store: Store) -> None:
    met(store)
    fitted = paired(store, "lc", Where(benchmark=benchmark())).fitted
    assert fitted is not None
    assert (fitted.difference, fitted.low, fitted.high) == (0.1, 0.05, 0.15)
    assert "it has win_rate, lc" in paired(store, "other", Where(benchmark=benchmark())).problem
    assert "name the benchmark under 'evaluate'" in paired(store, "lc").problem


def test_prompts_without_a_verdict_widen_a_fitted_figure_or_void_it(store: Store) -> None:
    met(store)
    fitted = paired(store, "lc", Where(benchmark=benchmark(79))).fitted
    assert fitted is not None
    assert (fitted.low, fitted.high) == (pytest.approx(0.05 - 2 / 80), pytest.approx(0.15 + 2 / 80))
    assert "over 70 of 80 prompts only" in paired(store, "lc", Where(benchmark=benchmark(70))).problem
