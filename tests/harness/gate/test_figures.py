"""Figures that a policy bounds: mean scores of both sides' responses."""

import pytest

from tests.harness.gate.evaluations import PROMPTS
from tests.harness.gate.inputs import policy
from tpobench.harness.errors import UserError
from tpobench.harness.gate.figures import Answers, paired_scores, scored_metrics
from tpobench.harness.records import Metric
from tpobench.harness.store.store import Store

ANSWERS = Answers(prompts=PROMPTS, candidate=["yes"] * 80, baseline=["yes"] * 60 + ["no"] * 20)


def metrics_of(store: Store, answers: Answers = ANSWERS, **scorers: str) -> dict[str, Metric]:
    rules = policy(metrics={name: {"min": 0.1, "scorer": scorer} for name, scorer in scorers.items()})
    return scored_metrics(store, rules, answers)


def test_a_metric_with_a_scorer_is_its_mean_score_with_its_interval(store: Store) -> None:
    metric = metrics_of(store, kept="checklist")["kept"]
    assert (metric.value, metric.n, metric.high) == (1.0, 80, 1.0)
    assert metric.low is not None
    assert 0.9 < metric.low < 1


def test_a_scorer_that_fails_is_not_replaced_by_another_metric(store: Store) -> None:
    with pytest.raises(UserError, match="no_such_module"):
        metrics_of(store, mean_score="no_such_module:score")


def test_what_is_not_scored_is_not_scored_offline(store: Store) -> None:
    offline = Answers(prompts=PROMPTS, candidate=["yes"] * 80, offline=True)
    assert metrics_of(store, offline, kept="checklist") == {}
    metrics_of(store, kept="checklist")
    assert metrics_of(store, offline, kept="checklist")["kept"].value == 1.0


def test_scores_of_both_sides_are_paired_by_prompt(store: Store) -> None:
    rules = policy(paired={"kept": {"scorer": "checklist", "max_drop": 0.1}})
    assert paired_scores(store, rules, ANSWERS)["kept"].pairs == [(1.0, 1.0)] * 60 + [(1.0, 0.0)] * 20
    without = Answers(prompts=PROMPTS, candidate=["yes"] * 80)
    assert "does not hold both sides' responses" in paired_scores(store, rules, without)["kept"].problem


def test_a_prompt_that_is_there_several_times_is_one_observation(store: Store) -> None:
    rules = policy(paired={"kept": {"scorer": "checklist", "max_drop": 0.1}})
    doubled = Answers(prompts=PROMPTS * 2, candidate=["yes"] * 160, baseline=["yes"] * 160)
    assert len(paired_scores(store, rules, doubled)["kept"].pairs) == 80
