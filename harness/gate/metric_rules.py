"""The rules on figures that are there already: a controlled win rate, bounds, and drops item by item."""

from collections.abc import Mapping
from statistics import fmean

from tpobench.harness.evaluation.registry import current_figure
from tpobench.harness.gate.decision import RuleOutcome, RuleResult
from tpobench.harness.gate.input import TaskItems
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.rules import BoundsRule, ControlledRule, TaskRule
from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import difference_interval
from tpobench.harness.stats.missing import MAX_MISSING

INTERVAL_ALPHA = 0.025
"""One side of the 95% interval by which a controlled figure is decided."""


def check_metrics(policy: Rules, metrics: Mapping[str, Metric], prompts: int) -> list[RuleResult]:
    """The rules on metrics of the candidate's own evaluation, by name; `prompts` is how many the benchmark has."""
    results = [] if policy.controlled is None else [_controlled(policy.controlled, metrics, prompts)]
    for name, rule in policy.metrics.items():
        figure = name if rule.scorer is not None else current_figure(name)
        results.append(_bounds(name, rule, metrics.get(figure)))
    return results


def check_drop(task: str, rule: TaskRule, items: TaskItems) -> RuleResult:
    """Is the drop of a task's metric within bounds, item by item? The values are in [0, 1], higher being better. Items
    that only one of the two has answered count: leaving some out must not help."""
    name, pairs = f"lm_eval {task}", items.pairs
    if not pairs:
        return _invalid(name, f"the store holds no items of {task} ({rule.metric}) that both have answered")
    if len(pairs) < (1 - MAX_MISSING) * items.of:
        return _invalid(name, f"only {len(pairs)} of {items.of} items of {task} were answered by both")
    if not all(0 <= value <= 1 for pair in pairs for value in pair):
        return _invalid(name, f"{rule.metric} of {task} is not a share: its items do not lie in [0, 1]")
    allowed = rule.max_drop
    if allowed is None:
        allowed = (rule.max_relative_drop or 0.0) * fmean(theirs for _, theirs in pairs)
    moved = difference_interval([ours - theirs for ours, theirs in pairs], 1 - 2 * rule.alpha)
    outcome: RuleOutcome = "PASS" if moved.low > -allowed else "FAIL" if moved.high < -allowed else "INCONCLUSIVE"
    sentence = (
        f"{rule.metric} moves by {100 * moved.mean:+.1f} points over {len(pairs)} items ({100 * moved.low:+.1f} to "
        f"{100 * moved.high:+.1f}), allowed down to {-100 * allowed:.1f} at alpha {rule.alpha:.2g}"
    )
    return RuleResult(
        rule=name,
        outcome=outcome,
        sentence=sentence,
        value=moved.mean,
        limit=-allowed,
        low=moved.low,
        high=moved.high,
        alpha=rule.alpha,
        prompts=moved.n,
        of=moved.n,
    )


def _controlled(rule: ControlledRule, metrics: Mapping[str, Metric], prompts: int) -> RuleResult:
    figure = current_figure(rule.figure)
    renamed = "" if figure == rule.figure else f" ({rule.figure} in the policy is now called so)"
    metric = metrics.get(figure)
    if metric is None or metric.value is None or metric.low is None or metric.high is None:
        return _absent("controlled", f"{figure}{renamed} with an interval", metrics)
    if metric.n < (1 - MAX_MISSING) * prompts:
        return _invalid("controlled", f"{figure}{renamed} is over {metric.n} of {prompts} prompts only")
    outcome: RuleOutcome = "PASS" if metric.low > rule.min else "FAIL" if metric.high < rule.min else "INCONCLUSIVE"
    sentence = (
        f"{figure}{renamed} {metric.value:.1%} (95% interval {metric.low:.1%} to {metric.high:.1%}), asked for "
        f"more than {rule.min:.1%}"
    )
    return RuleResult(
        rule="controlled",
        outcome=outcome,
        sentence=sentence,
        value=metric.value,
        limit=rule.min,
        low=metric.low,
        high=metric.high,
        alpha=INTERVAL_ALPHA,
        prompts=metric.n,
        of=metric.n,
    )


def _bounds(name: str, rule: BoundsRule, metric: Metric | None) -> RuleResult:
    title = f"metric {name}"
    if metric is None or metric.value is None:
        return _absent(title, name, {})
    inside = (rule.min is None or metric.value >= rule.min) and (rule.max is None or metric.value <= rule.max)
    bounds = {"at least": rule.min, "at most": rule.max}
    bounds_text = " and ".join(f"{how} {bound:g}" for how, bound in bounds.items() if bound is not None)
    return RuleResult(
        rule=title,
        outcome="PASS" if inside else "FAIL",
        sentence=f"{name} is {metric.value:.3g}, asked for {bounds_text}",
        value=metric.value,
        limit=rule.min if rule.min is not None else rule.max,
        low=metric.low,
        high=metric.high,
    )


def _absent(rule: str, metric: str, metrics: Mapping[str, Metric]) -> RuleResult:
    known = f"; it has {', '.join(sorted(metrics))}" if metrics else ""
    return _invalid(rule, f"the store holds no {metric} of the candidate by this judge{known}; run tpobench eval first")


def _invalid(rule: str, sentence: str) -> RuleResult:
    return RuleResult(rule=rule, outcome="INVALID", sentence=sentence)
