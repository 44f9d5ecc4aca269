"""Items of lm-eval's tasks: only those that both sides answered under the same settings are compared."""

import json
from typing import Any

import pytest

from tests.harness.gate.inputs import policy
from tpobench.harness.errors import UserError
from tpobench.harness.gate.figures import ComparedSides
from tpobench.harness.gate.input import PairedValues
from tpobench.harness.gate.task_items import task_items
from tpobench.harness.records import NewEvaluation
from tpobench.harness.store.store import Store

SIDES = ComparedSides(candidate="new", candidate_mode="direct", baseline="base", baseline_mode="direct")


def items_of(store: Store, metric: str = "exact_match") -> PairedValues:
    rules = policy(lm_eval={"gsm8k": {"max_drop": 0.02, "metric": metric}})
    return task_items(store, rules, SIDES)["gsm8k"]


def answered(
    store: Store, model: str, right: int, items: int = 4, mode: str = "direct", judge: str = "lm-eval", **params: Any
) -> str:
    evaluation = NewEvaluation(
        benchmark="lm_eval/gsm8k",
        judge=judge,
        params=json.dumps(params),
        candidate=model,
        candidate_mode=mode,
        candidate_outputs=[f"{model} {n} {params}" for n in range(items)],
    )
    store.add_evaluation(evaluation)
    values = {f"item {n}": float(n < right) for n in range(items)}
    store.add_items(evaluation.key, "exact_match,strict", values)
    return evaluation.key


def test_items_that_one_side_lacks_are_missing(store: Store) -> None:
    assert "no items of gsm8k (exact_match) of the candidate and of the baseline" in items_of(store).problem
    answered(store, "new", 1)
    answered(store, "base", 3, items=5)
    assert items_of(store).pairs == [(1.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 0.0), (None, 0.0)]
    assert items_of(store, "exact_match,strict") == items_of(store)


def test_a_metric_with_several_filters_must_be_named_in_full(store: Store) -> None:
    key = answered(store, "new", 1)
    store.add_items(key, "exact_match,flexible", {"item 0": 1.0})
    with pytest.raises(UserError, match=r"exact_match,flexible and exact_match,strict; say which under lm_eval\.gsm8k"):
        items_of(store)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        ({"num_fewshot": 5}, {"num_fewshot": 0}, "num_fewshot 5 against 0"),
        ({"limit": 40}, {"limit": None}, "limit 40 against None"),
        (
            {"sampling": {"max_new_tokens": 512, "seed": 0}},
            {"sampling": {"max_new_tokens": 8, "seed": 0}},
            "sampling.max_new_tokens 512 against 8",
        ),
        ({"version": 3}, {"version": 2}, "version 3 against 2"),
        ({"config": "a"}, {"config": "b"}, "config a against b"),
        ({"judge": "lm-eval 0.4.9"}, {"judge": "lm-eval 0.4.13"}, "release lm-eval 0.4.9 against lm-eval 0.4.13"),
    ],
)
def test_settings_that_differ_are_named_and_nothing_is_compared(
    store: Store, ours: dict[str, Any], theirs: dict[str, Any], said: str
) -> None:
    answered(store, "new", 1, **ours)
    answered(store, "base", 3, **theirs)
    assert f"answered gsm8k under other settings ({said})" in items_of(store).problem


def test_a_baseline_that_is_evaluated_again_with_few_tokens_changes_nothing(store: Store) -> None:
    answered(store, "new", 1, sampling={"max_new_tokens": 512})
    answered(store, "base", 3, sampling={"max_new_tokens": 512})
    before = items_of(store)
    answered(store, "base", 0, sampling={"max_new_tokens": 8})
    assert items_of(store) == before
    assert before.pairs == [(1.0, 1.0), (0.0, 1.0), (0.0, 1.0), (0.0, 0.0)]


def test_of_several_pairs_that_are_alike_that_on_most_items_counts(store: Store) -> None:
    for limit, items in ((None, 8), (4, 4)):
        answered(store, "new", 1, items=items, limit=limit)
        answered(store, "base", 3, items=items, limit=limit)
    assert len(items_of(store).pairs) == 8


def test_another_mode_is_another_side(store: Store) -> None:
    answered(store, "new", 1, mode="think:generic")
    answered(store, "base", 3)
    assert "no items of gsm8k (exact_match) of the candidate;" in items_of(store).problem
