"""Two models on the prompts that they share, on figures worked out by hand."""

import re
from dataclasses import replace

import pytest

from tests.reports.stores import Judging, answered, prompts
from tests.reports.stores import judged as judged_by_say
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.compare import compare_models
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.judges.checklist import ChecklistScorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"prompt {n}", f"half {n % 2}", checks=({"contains": "yes"},)) for n in range(60)]
CHECKLIST = ScoreJudge(scorer=ChecklistScorer(), progress=Progress(quiet=True))


def judged(store: Store, name: str, answers: list[str], prompts: list[Prompt] = PROMPTS) -> None:
    """The model's answers against a baseline that says "no" to everything."""
    baseline = add_answers(store, "base", PROMPTS, ["no"] * len(PROMPTS)).at(range(len(prompts)))
    benchmark = Benchmark(name="bench", prompts=prompts)
    evaluate_outputs(store, CHECKLIST, benchmark, add_answers(store, name, prompts, answers), baseline)


def test_the_difference_is_paired(store: Store) -> None:
    # Both win on the same 30 prompts; `better` wins on six more, all in one half.
    judged(store, "worse", ["yes" if n < 30 else "no" for n in range(60)])
    judged(store, "better", ["yes" if n < 30 or (n % 2 and n < 42) else "no" for n in range(60)])
    overall, first, second = compare_models(store, model_named(store, "better"), model_named(store, "worse"))
    # A win is 1, a tie 1/2: 36 wins and 24 ties are 48 of 60.
    assert (overall.a, overall.b, overall.n) == (pytest.approx(0.8), pytest.approx(0.75), 60)
    assert overall.difference == pytest.approx(0.05)
    assert overall.low < 0.05 < overall.high
    assert overall.high - overall.low < 0.16, "unpaired it would be 0.18"
    assert (first.category, first.difference, second.difference) == ("half 0", 0.0, pytest.approx(0.1))
    mirrored = compare_models(store, model_named(store, "worse"), model_named(store, "better"))[0]
    assert (mirrored.difference, mirrored.low, mirrored.high) == pytest.approx(
        (-overall.difference, -overall.high, -overall.low)
    )


def test_only_shared_prompts_count_and_that_is_said(store: Store) -> None:
    judged(store, "whole", ["yes"] * 60)
    judged(store, "part", ["yes"] * 40, PROMPTS[:40])
    overall = compare_models(store, model_named(store, "whole"), model_named(store, "part"))[0]
    assert (overall.n, overall.own_a, overall.own_b, overall.difference) == (40, 60, 40, 0.0)


def test_an_unrelated_model_changes_nothing(store: Store) -> None:
    judged(store, "a", ["yes"] * 60)
    judged(store, "b", ["no"] * 60)
    before = compare_models(store, model_named(store, "a"), model_named(store, "b"))
    judged(store, "other", ["yes", "no"] * 30)
    assert compare_models(store, model_named(store, "a"), model_named(store, "b")) == before


def test_a_baseline_in_another_mode_is_another_baseline(store: Store) -> None:
    asked = [Prompt(f"question {n}", "all", checks=({"contains": "yes"}, {"contains": "sure"})) for n in range(60)]
    direct = add_answers(store, "base", asked, ["no"] * 60)
    better = add_answers(store, "what base thinks", asked, ["yes, sure"] * 60)
    thinking = replace(better, model=direct.model, mode=replace(DIRECT, name="think:generic"))
    new, old = (add_answers(store, name, asked, [say] * 60) for name, say in (("new", "yes"), ("old", "no")))
    for candidate, baseline in ((new, direct), (old, direct), (new, thinking)):
        evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=asked), candidate, baseline)
    (found,) = compare_models(store, model_named(store, "new"), model_named(store, "old"))
    assert (found.a, found.b, found.difference) == (1.0, 0.5, 0.5), "a loss to the thinking baseline is not met here"
    evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=asked), old, thinking)
    both = compare_models(store, model_named(store, "new"), model_named(store, "old"))
    assert [(row.measure, row.difference) for row in both] == [
        ("win rate v base, checklist@1", 0.5),
        ("win rate v base (think:generic), checklist@1", 0.0),
    ]


def test_models_that_share_nothing_are_told_what_each_was_measured_on(store: Store) -> None:
    judged(store, "a", ["yes"] * 60)
    with pytest.raises(UserError, match="holds no model 'b'"):
        compare_models(store, model_named(store, "a"), model_named(store, "b"))
    other = Benchmark(name="elsewhere", prompts=PROMPTS)
    against = add_answers(store, "base", PROMPTS, ["no"] * 60)
    evaluate_outputs(store, CHECKLIST, other, add_answers(store, "b", PROMPTS, ["yes"] * 60), against)
    with pytest.raises(UserError, match=r"in common\. a: bench .*b: elsewhere"):
        compare_models(store, model_named(store, "a"), model_named(store, "b"))


def test_a_figure_is_made_of_one_evaluation(store: Store) -> None:
    """The model has been judged again on some of the prompts since: its evaluation over all of them still counts."""
    judged(store, "old", ["no"] * 60)
    base = add_answers(store, "base", PROMPTS, ["no"] * 60)
    new = add_answers(store, "new", PROMPTS, ["yes"] * 60)
    for places in (range(60), range(20)):
        benchmark = Benchmark(name="bench", prompts=[PROMPTS[place] for place in places])
        evaluate_outputs(store, CHECKLIST, benchmark, new.at(places), base.at(places))
    overall = compare_models(store, model_named(store, "new"), model_named(store, "old"))[0]
    assert (overall.n, overall.own_a, overall.own_b) == (60, 60, 60)
    assert overall.a == 1.0


def test_baselines_of_one_name_with_other_answers_are_two_baselines(store: Store) -> None:
    judged(store, "a", ["yes"] * 60)
    other = add_answers(store, "base", PROMPTS, ["yes"] * 60)
    benchmark = Benchmark(name="bench", prompts=PROMPTS)
    evaluate_outputs(store, CHECKLIST, benchmark, add_answers(store, "b", PROMPTS, ["yes"] * 60), other)
    with pytest.raises(UserError, match=r"in common\. a: bench \(win rate v base \[\w{8}\], .* b: .*\[\w{8}\]"):
        compare_models(store, model_named(store, "a"), model_named(store, "b"))


def test_a_baseline_whose_answers_to_fewer_prompts_are_the_same_is_one_baseline(store: Store) -> None:
    judged(store, "whole", ["yes"] * 60)
    few = add_answers(store, "base", PROMPTS[:40], ["no"] * 40)
    benchmark = Benchmark(name="bench", prompts=PROMPTS[:40])
    part = add_answers(store, "part", PROMPTS[:40], ["no"] * 40)
    evaluate_outputs(store, CHECKLIST, benchmark, part, few)
    overall = compare_models(store, model_named(store, "whole"), model_named(store, "part"))[0]
    assert (overall.n, overall.own_a, overall.own_b, overall.difference) == (40, 60, 40, 0.5)


def test_two_baselines_of_one_name_are_told_apart(store: Store) -> None:
    for answer in ("no", "yes"):
        base = add_answers(store, "base", PROMPTS, [answer] * 60)
        for name in ("a", "b"):
            side = add_answers(store, name, PROMPTS, ["yes" if name == "a" else "no"] * 60)
            evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=PROMPTS), side, base)
    differences = compare_models(store, model_named(store, "a"), model_named(store, "b"))
    overall = [row.measure for row in differences if row.category is None]
    assert len(set(overall)) == 2
    assert all(re.fullmatch(r"win rate v base \[\w{8}\], checklist@1", measure) for measure in overall)


def test_two_models_without_any_verdict_are_told_so(store: Store) -> None:
    asked = prompts(40)
    base, a, b = (answered(store, name, DIRECT, asked, [name] * 40) for name in ("base", "a", "b"))
    for side in (a, b):
        judged_by_say(store, side, base, Judging(say=lambda n, order: None))
    with pytest.raises(UserError, match="without any verdict"):
        compare_models(store, model_named(store, "a"), model_named(store, "b"))


@pytest.mark.parametrize("sign", [1, -1])
def test_an_evaluation_of_one_against_the_other_is_a_comparison(sign: int, store: Store) -> None:
    """45 of 60 prompts won: 75% to 25%, whichever of the two was the candidate."""
    b = add_answers(store, "b", PROMPTS, ["no"] * 60)
    a = add_answers(store, "a", PROMPTS, ["yes" if n < 30 else "no" for n in range(60)])
    evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=PROMPTS), a, b)
    names = ["a", "b"][::sign]
    first, second = (model_named(store, name) for name in names)
    overall, *categories = compare_models(store, first, second, directly=True)
    assert (overall.figure, overall.difference, overall.n) == ("head_to_head", sign * 0.5, 60)
    assert {overall.a, overall.b} == {0.75, 0.25}
    assert [row.category for row in categories] == ["half 0", "half 1"]
    with pytest.raises(UserError, match="in common"):
        compare_models(store, first, second)
