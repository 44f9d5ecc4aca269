"""Items of lm-eval's tasks that both sides of a gate answered under the same settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.gate.figures import ComparedSides
from tpobench.harness.gate.input import PairedValues
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.rules import TaskRule
from tpobench.harness.store.evaluations import StoredEvaluation, evaluations_of, item_values
from tpobench.harness.store.store import Store

PREFIX = "lm_eval/"
"""Benchmarks of lm-eval are called ``lm_eval/TASK`` in the store."""

_NO_SETTINGS = ("figures", "items", "original")
"""What an evaluation says of itself that is no setting: what came out, and of which items; those are compared one by
one."""


@dataclass(frozen=True, kw_only=True)
class _AnsweredItems:
    """What one evaluation scored on each item, in one metric, with its settings."""

    items: Mapping[str, float]
    settings: Mapping[str, Any]


def task_items(store: Store, policy: Rules, sides: ComparedSides) -> dict[str, PairedValues]:
    """By lm-eval task of the policy, what both models scored on each item. Of several evaluations the pair with equal
    settings counts; of several such pairs that on most items, and of those the newest.

    Args:
        store: Has the evaluations.
        policy: Names the tasks, each with a metric.
        sides: The two models and their modes.

    Raises:
        UserError: A task has several metrics of the name that the policy gives.
    """
    return {task: _paired(store, task, rule, sides) for task, rule in policy.lm_eval.items()}


def _paired(store: Store, task: str, rule: TaskRule, sides: ComparedSides) -> PairedValues:
    ours = _answered(store, task, rule.metric, sides.candidate, sides.candidate_mode)
    theirs = _answered(store, task, rule.metric, sides.baseline, sides.baseline_mode)
    lacking = [side for side, evaluations in (("candidate", ours), ("baseline", theirs)) if not evaluations]
    if lacking:
        return PairedValues(
            problem=f"the store holds no items of {task} ({rule.metric}) of the {' and of the '.join(lacking)}; "
            f"tpobench eval --benchmark lm_eval:{task} makes them"
        )
    alike = [(mine, other) for mine in ours for other in theirs if mine.settings == other.settings]
    if not alike:
        differing = "; ".join(_differences(ours[0].settings, theirs[0].settings))
        return PairedValues(
            problem=f"candidate and baseline answered {task} under other settings ({differing}); "
            "tpobench eval with the same options for both makes them comparable"
        )
    mine, other = max(alike, key=lambda pair: len(pair[0].items.keys() & pair[1].items.keys()))
    every = sorted(mine.items.keys() | other.items.keys())
    return PairedValues(pairs=[(mine.items.get(item), other.items.get(item)) for item in every])


def _answered(store: Store, task: str, metric: str, model: str, mode: str) -> list[_AnsweredItems]:
    """Of every evaluation of a model on the task that has the metric, the newest of equal size first."""
    evaluations = [
        evaluation
        for evaluation in evaluations_of(store, benchmark=PREFIX + task, candidates=[model])
        if evaluation.candidate_mode == mode
    ]
    by_key: dict[str, dict[str, dict[str, float]]] = {}
    for value in item_values(store, [evaluation.evaluation for evaluation in evaluations]):
        by_key.setdefault(value.evaluation, {}).setdefault(value.metric, {})[value.item] = value.value
    answered = []
    for evaluation in evaluations:
        metrics = by_key.get(evaluation.evaluation, {})
        name = _metric_named(task, metric, list(metrics))
        if name is not None:
            answered.append(_AnsweredItems(items=metrics[name], settings=_settings(evaluation)))
    return answered


def _metric_named(task: str, metric: str, names: Sequence[str]) -> str | None:
    """The name in the store of a metric that may be named without its filter."""
    chosen = [name for name in names if name == metric] or [n for n in names if n.partition(",")[0] == metric]
    if len(chosen) > 1:
        raise UserError(
            f"{task} has {' and '.join(sorted(chosen))}; say which under lm_eval.{task}.metric of the policy"
        )
    return chosen[0] if chosen else None


def _settings(evaluation: StoredEvaluation) -> dict[str, Any]:
    """Everything that an evaluation on a task says of how it was made, and lm-eval's release."""
    settings: dict[str, Any] = {"release": evaluation.judge}
    for name, value in evaluation.about.items():
        if isinstance(value, Mapping):
            settings |= {f"{name}.{key}": part for key, part in value.items()}
        elif name not in _NO_SETTINGS:
            settings[name] = value
    return settings


def _differences(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> list[str]:
    return [
        f"{name} {ours.get(name)} against {theirs.get(name)}"
        for name in sorted(ours.keys() | theirs.keys())
        if ours.get(name) != theirs.get(name)
    ]
