"""The rules on figures that are there already."""

import pytest

from tests.harness.gate.inputs import policy
from tpobench.harness.gate.input import TaskItems
from tpobench.harness.gate.metric_rules import check_drop, check_metrics
from tpobench.harness.gate.rules import TaskRule
from tpobench.harness.records import Metric


@pytest.mark.parametrize(("minimum", "outcome"), [(0.45, "PASS"), (0.5, "INCONCLUSIVE"), (0.55, "FAIL")])
def test_a_controlled_figure_is_judged_by_its_whole_interval(minimum: float, outcome: str) -> None:
    metric = Metric(name="lc_win_rate", value=0.5, n=805, category=None, low=0.46, high=0.54)
    (result,) = check_metrics(policy(controlled={"min": minimum}), {"lc_win_rate": metric}, 805)
    assert (result.rule, result.outcome) == ("controlled", outcome)


def test_a_controlled_figure_over_few_of_the_prompts_decides_nothing() -> None:
    metric = Metric(name="lc_win_rate", value=0.9, n=5, category=None, low=0.8, high=1.0)
    (result,) = check_metrics(policy(controlled={"min": 0.5}), {"lc_win_rate": metric}, 400)
    assert result.outcome == "INVALID"


def test_a_figure_under_its_former_name_is_the_one_that_is_computed_today() -> None:
    """What a store holds under the former name had another definition."""
    metrics = {
        name: Metric(name=name, value=value, n=400, low=value - 0.04, high=value + 0.04)
        for name, value in (("style_controlled_score", 0.9), ("style_controlled_win_rate", 0.4))
    }
    asked = policy(
        controlled={"min": 0.5, "figure": "style_controlled_score"}, metrics={"style_controlled_score": {"min": 0.5}}
    )
    controlled, bound = check_metrics(asked, metrics, 400)
    assert (controlled.outcome, bound.outcome) == ("FAIL", "FAIL")
    assert (
        "style_controlled_win_rate (style_controlled_score in the policy is now called so) 40.0%" in controlled.sentence
    )
    (absent,) = check_metrics(policy(controlled=asked.controlled), {}, 400)
    assert "no style_controlled_win_rate" in absent.sentence


@pytest.mark.parametrize(
    ("bounds", "outcome"),
    [
        ({"brevity": {"min": 2, "max": 4}}, "PASS"),
        ({"brevity": {"max": 2}}, "FAIL"),
        ({"brevity": {"min": 4}}, "FAIL"),
        ({"other": {"max": 2}}, "INVALID"),
    ],
)
def test_metrics_of_the_candidate_are_bounded(bounds: dict[str, object], outcome: str) -> None:
    metrics = {"brevity": Metric(name="brevity", value=3.0, n=60)}
    (result,) = check_metrics(policy(metrics=bounds), metrics, 60)
    assert result.outcome == outcome


@pytest.mark.parametrize(
    ("pairs", "of", "outcome"),
    [
        ([(1.0, 1.0)] * 300 + [(0.0, 0.0)] * 300, 600, "PASS"),
        ([(0.0, 1.0)] * 120 + [(1.0, 1.0)] * 480, 600, "FAIL"),
        ([(0.0, 1.0)] * 30 + [(1.0, 1.0)] * 570, 600, "INCONCLUSIVE"),
        ([], 0, "INVALID"),
        ([(1.0, 0.0)] * 60, 1000, "INVALID"),  # nobody gets better by leaving items out
        ([(12.5, 13.5)] * 60, 60, "INVALID"),  # not a share
    ],
)
def test_a_drop_is_measured_item_by_item(pairs: list[tuple[float, float]], of: int, outcome: str) -> None:
    assert check_drop("gsm8k", TaskRule(max_drop=0.05), TaskItems(pairs, of)).outcome == outcome
