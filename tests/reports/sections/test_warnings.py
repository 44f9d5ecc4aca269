"""Every reason not to trust the figures."""

from tests.reports.stores import JUDGE, Judging, answered, judged, prompts, two_models
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Metric
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_models
from tpobench.reports.sections.warnings import with_trust


def test_fewer_rows_than_the_benchmark_has_are_a_warning(store: Store) -> None:
    two_models(store, rows=42)
    (warning,) = of_models(store).verdict.warnings
    assert warning == "Only 40 of the 42 prompts of test/questions were judged."


def test_several_judges_and_missing_verdicts_are_warnings(store: Store) -> None:
    two_models(store)
    asked = prompts(40)
    new, base = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "base"))
    judged(store, new, base, Judging(say=lambda n, order: None if n == 3 else 0.9, judge="another@judge#2"))
    warnings = of_models(store).verdict.warnings
    assert any("Several judges were asked on test/questions" in warning for warning in warnings)
    said = "1 prompt (2.5%) without a verdict: the win rate lies between"
    (warning,) = (warning for warning in warnings if warning.startswith(said))
    assert "which makes the figures INVALID" in warning
    assert "1 of 3 evaluations" in warning


def test_a_judge_whose_verdicts_turn_with_the_order_is_a_warning(store: Store) -> None:
    asked = prompts(40)
    new, base = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "base"))
    judged(store, new, base, Judging(say=lambda n, order: 0.9 if n % 2 or order == "AB" else 0.2))
    assert of_models(store).verdict.warnings == [
        f"The verdict turned with the order of the responses on 50.0% of the pairs: label of {JUDGE}."
    ]


def test_prompts_that_got_no_answer_are_a_warning(store: Store) -> None:
    asked = prompts(40)
    new, base = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "base"))
    key = judged(store, new, base, Judging(say=lambda n, order: 0.9))
    store.add_metrics(key, [Metric(name="refused", value=0.05, n=40)])
    (warning,) = of_models(store).verdict.warnings
    assert warning.startswith("2 prompts (5.0%) got no answer from the candidate: refused, filtered or too long")


def test_the_first_sentence_says_whether_to_trust_it() -> None:
    assert with_trust("a wins", []) == "a wins; no reason was found to distrust it."
    said = with_trust("a wins", ["The judge is a rule-based stand-in: it checks.", "Only 40 of 42.", "x."])
    assert said == "a wins; trust it with care: the judge is a rule-based stand-in (2 more caveats below)."
