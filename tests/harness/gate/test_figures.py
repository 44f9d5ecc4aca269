"""Figures that a policy bounds, as the store holds them or a scorer gives them."""

import pytest

from tests.harness.gate.evaluations import CHECKLIST, PROMPTS, judged
from tests.harness.gate.inputs import policy
from tpobench.harness.errors import UserError
from tpobench.harness.gate.figures import ComparedSides, candidate_metrics, task_items
from tpobench.harness.gate.input import TaskItems
from tpobench.harness.records import Metric, NewEvaluation
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store


def sides(candidate: str) -> ComparedSides:
    """A candidate against the baseline ``base``."""
    return ComparedSides(
        candidate=candidate,
        candidate_mode="direct",
        baseline="base",
        baseline_mode="direct",
        benchmark="bench",
        judge=CHECKLIST.id,
    )


def metrics_of(store: Store, **scorers: str) -> dict[str, Metric]:
    judged(store, "good", 60)
    return candidate_metrics(
        store,
        policy(metrics={name: {"min": 0.1, "scorer": scorer} for name, scorer in scorers.items()}),
        sides(model_named(store, "good").fingerprint),
        prompts=PROMPTS,
        responses=["yes"] * 80,
    )


def test_metrics_come_from_the_evaluation(store: Store) -> None:
    assert metrics_of(store)["mean_score"].value == pytest.approx(0.75)


def test_a_metric_with_a_scorer_is_its_mean_score(store: Store) -> None:
    assert metrics_of(store, kept="checklist")["kept"].value == 1.0


def test_a_scorer_that_fails_is_not_replaced_by_a_stored_metric(store: Store) -> None:
    with pytest.raises(UserError, match="no_such_module"):
        metrics_of(store, mean_score="no_such_module:score")


def items_of(store: Store, metric: str = "exact_match") -> TaskItems:
    rules = policy(lm_eval={"gsm8k": {"max_drop": 0.02, "metric": metric}})
    return task_items(store, rules, sides("new"))["gsm8k"]


def answered(store: Store, model: str, right: int, items: int = 4) -> None:
    evaluation = NewEvaluation(
        benchmark="lm_eval/gsm8k", judge="lm-eval", params="{}", candidate=model, candidate_mode="direct"
    )
    store.add_evaluation(evaluation, f"e {model}")
    store.add_items(f"e {model}", "exact_match,strict", {f"item {n}": float(n < right) for n in range(items)})


def test_items_are_those_that_both_have_answered(store: Store) -> None:
    assert items_of(store) == TaskItems([], 0)
    answered(store, "new", 1)
    answered(store, "base", 3, items=5)
    assert items_of(store) == TaskItems([(1.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 0.0)], 5)
    assert items_of(store, "exact_match,strict") == items_of(store)


def test_a_metric_with_several_filters_must_be_named_in_full(store: Store) -> None:
    answered(store, "new", 1)
    store.add_items("e new", "exact_match,flexible", {"item 0": 1.0})
    with pytest.raises(UserError, match=r"exact_match,flexible and exact_match,strict; say which under lm_eval\.gsm8k"):
        items_of(store)
