"""Win rates with what missing verdicts leave open."""

from tpobench.harness.evaluation.judged_rates import judged_rates, shown_metrics
from tpobench.harness.records import Metric

REFUSED = [("easy", 1.0)] * 30 + [("hard", None)] * 70


def test_a_figure_that_missing_verdicts_make_invalid_has_limits_and_no_value() -> None:
    rates = judged_rates(REFUSED)
    stored = [Metric(name="win_rate", value=1.0, n=30, low=0.9, high=1.0), Metric(name="lc_win_rate", value=0.9, n=30)]
    rate, controlled, easy, hard = shown_metrics(stored, rates)
    assert (rate.value, rate.low, rate.high, rate.n) == (None, 0.3, 1.0, 30)
    assert (easy.category, easy.value) == ("easy", 1.0)
    assert (hard.category, hard.value, hard.low, hard.high) == ("hard", None, 0.0, 1.0)
    assert (controlled.value, controlled.low) == (None, None)


def test_what_no_judge_said_stays_valid() -> None:
    length = Metric(name="response_chars", value=512.0, n=100)
    assert length in shown_metrics([length], judged_rates(REFUSED))


def test_a_few_missing_verdicts_leave_the_figure() -> None:
    rates = judged_rates([("all", 1.0)] * 99 + [("all", None)])
    assert not rates[None].is_invalid
    assert rates[None].metric().value == 1.0
    assert (rates[None].missing.low, rates[None].missing.high) == (0.99, 1.0)


def test_an_evaluation_without_judgments_is_shown_as_it_is() -> None:
    accuracy = Metric(name="exact_match", value=0.4, n=100, low=0.3, high=0.5)
    assert shown_metrics([accuracy], judged_rates([])) == [accuracy]
