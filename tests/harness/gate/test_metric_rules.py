"""The rules on figures of the candidate's evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from tests.harness.gate.inputs import gate_input, outcomes, policy, preferences
from tpobench.harness.gate.apply import apply_policy
from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.harness.gate.metric_rules import check_metrics
from tpobench.harness.gate.policy import Policy
from tpobench.harness.records import Metric


def lc(value: float, n: int = 400, width: float = 0.04) -> dict[str, Metric]:
    return {"lc_win_rate": Metric(name="lc_win_rate", value=value, n=n, low=value - width, high=value + width)}


def only_result(rules: Policy, metrics: dict[str, Metric], count: int = 400) -> RuleResult:
    (result,) = check_metrics(rules, gate_input(preferences(0.5, count=count), metrics=metrics))
    return result


@pytest.mark.parametrize(("minimum", "outcome"), [(0.45, "PASS"), (0.5, "INCONCLUSIVE"), (0.55, "FAIL")])
def test_a_controlled_figure_is_judged_by_its_whole_interval(minimum: float, outcome: str) -> None:
    result = only_result(policy(controlled={"min": minimum}), lc(0.5))
    assert (result.rule, result.outcome) == ("controlled", outcome)


def test_a_figure_over_few_of_the_prompts_decides_nothing() -> None:
    few = {"lc_win_rate": Metric(name="lc_win_rate", value=0.9, n=5, low=0.8, high=1.0)}
    for rules in (policy(controlled={"min": 0.5}), policy(metrics={"lc_win_rate": {"min": 0.5}})):
        result = only_result(rules, few)
        assert result.outcome == "INVALID"
        assert "over 5 prompts, and the gate is about 400" in result.sentence


def test_prompts_without_a_verdict_count_against_either_side() -> None:
    rules = policy(controlled={"min": 0.455})
    assert only_result(rules, lc(0.5)).outcome == "PASS"
    assert only_result(rules, lc(0.5, n=396)).outcome == "INCONCLUSIVE"


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
    assert only_result(policy(metrics=bounds), metrics, count=60).outcome == outcome


def test_a_figure_under_its_former_name_is_the_one_that_is_computed_today() -> None:
    """What a store holds under the former name had another definition."""
    metrics = {
        name: Metric(name=name, value=value, n=400, low=value - 0.04, high=value + 0.04)
        for name, value in (("style_controlled_score", 0.9), ("style_controlled_win_rate", 0.4))
    }
    asked = policy(
        controlled={"min": 0.5, "figure": "style_controlled_score"}, metrics={"style_controlled_score": {"min": 0.5}}
    )
    controlled, bound = check_metrics(asked, gate_input(preferences(0.5), metrics=metrics))
    assert (controlled.outcome, bound.outcome) == ("FAIL", "FAIL")
    assert (
        "style_controlled_win_rate (style_controlled_score in the policy is now called so) 40.0%" in controlled.sentence
    )
    assert "no style_controlled_win_rate" in only_result(policy(controlled=asked.controlled), {}).sentence


@dataclass
class Figures:
    """Figures that have to be judged for; `made` counts how often that happened."""

    value: float
    free: bool = False
    advice: str = "leave out --offline"
    made: list[None] = field(default_factory=list)

    def metrics(self) -> Mapping[str, Metric]:
        self.made.append(None)
        return lc(self.value)


def decided(win_rate: float, figures: Figures) -> Decision:
    rules = policy(controlled={"min": 0.5})
    return apply_policy(rules, gate_input(preferences(win_rate), figures=figures))


def test_a_controlled_figure_is_made_once_the_win_rate_has_passed() -> None:
    figures = Figures(0.7)
    assert outcomes(decided(0.8, figures))["controlled"] == "PASS"
    assert len(figures.made) == 1
    assert decided(0.8, Figures(0.4)).outcome == "FAIL"


def test_nothing_is_judged_for_a_figure_once_the_candidate_is_rejected() -> None:
    figures = Figures(0.7)
    assert outcomes(decided(0.2, figures))["controlled"] == "SHOWN"
    assert figures.made == []
    assert outcomes(decided(0.2, Figures(0.7, free=True)))["controlled"] == "PASS"
