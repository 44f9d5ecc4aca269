"""The rules on figures of the candidate's evaluation: a controlled win rate, and bounds of any figure."""

from collections.abc import Mapping
from dataclasses import replace

from tpobench.harness.evaluation.figure_text import is_share, percent_text
from tpobench.harness.evaluation.registry import current_figure
from tpobench.harness.gate.decision import RuleOutcome, RuleResult
from tpobench.harness.gate.input import GateInput
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.rules import BoundsRule, ControlledRule
from tpobench.harness.records import Metric
from tpobench.harness.stats.missing import MAX_MISSING

INTERVAL_ALPHA = 0.025
"""One side of the 95% interval by which a controlled figure is decided."""

_RUN_EVAL = "tpobench eval with the same models, judge and prompts makes it"


def check_metrics(policy: Rules, gate_input: GateInput) -> list[RuleResult]:
    """The rules on figures that are known before anything is judged, or that nothing could make known."""
    return _checked(policy, gate_input, gate_input.metrics, _RUN_EVAL, late=False)


def check_late_metrics(policy: Rules, gate_input: GateInput, is_rejected: bool) -> list[RuleResult]:
    """The rules on figures for which all prompts have to be judged; judges the rest of them.

    Args:
        policy: The rules.
        gate_input: Says where the figures come from.
        is_rejected: Whether the decision is certain, so that nothing is asked that costs something.

    Raises:
        UserError: The judge cannot be reached.
    """
    source = gate_input.figures
    if source is None or not _late_names(policy, gate_input):
        return []
    if is_rejected and not source.free:
        not_asked = "not asked: the decision was certain without it"
        results = _checked(policy, gate_input, {}, "", late=True)
        return [replace(result, outcome="SHOWN", sentence=not_asked) for result in results]
    return _checked(policy, gate_input, source.metrics(), source.advice, late=True)


def _late_names(policy: Rules, gate_input: GateInput) -> set[str]:
    """The figures that are asked for and take judging."""
    asked = {current_figure(name) for name, rule in policy.metrics.items() if rule.scorer is None}
    asked |= set() if policy.controlled is None else {current_figure(policy.controlled.figure)}
    return set() if gate_input.figures is None else asked - set(gate_input.metrics)


def _checked(
    policy: Rules, gate_input: GateInput, metrics: Mapping[str, Metric], advice: str, *, late: bool
) -> list[RuleResult]:
    names, prompts = _late_names(policy, gate_input), len({prompt.key for prompt in gate_input.prompts})
    results = []
    if policy.controlled is not None and (current_figure(policy.controlled.figure) in names) == late:
        results.append(_controlled(policy.controlled, metrics, prompts, gate_input.benchmark, advice))
    for name, rule in policy.metrics.items():
        if (rule.scorer is None and current_figure(name) in names) == late:
            results.append(_bounds(name, rule, metrics, prompts, gate_input.benchmark, advice))
    return results


def _controlled(
    rule: ControlledRule, metrics: Mapping[str, Metric], prompts: int, benchmark: str, advice: str
) -> RuleResult:
    """Prompts without a verdict count against either side: each could move the figure by its share."""
    metric, called = metrics.get(current_figure(rule.figure)), _called(rule.figure)
    if metric is None or metric.value is None or metric.low is None or metric.high is None:
        return _absent("controlled", f"{called} with an interval", metrics, benchmark, advice)
    if problem := _incomplete(called, metric, prompts):
        return _invalid("controlled", problem)
    missing = max(1 - metric.n / prompts, 0.0)
    low, high = max(metric.low - missing, 0.0), min(metric.high + missing, 1.0)
    outcome: RuleOutcome = "PASS" if low > rule.min else "FAIL" if high < rule.min else "INCONCLUSIVE"
    widened = f", with {prompts - metric.n} missing" if missing else ""
    asked = f"asked for more than {rule.min:.1%}"
    sentence = f"{called} {metric.value:.1%} (95% interval {low:.1%} to {high:.1%}{widened}), {asked}"
    return RuleResult(
        rule="controlled",
        outcome=outcome,
        sentence=sentence,
        value=metric.value,
        limit=rule.min,
        low=low,
        high=high,
        alpha=INTERVAL_ALPHA,
        prompts=metric.n,
        of=prompts,
    )


def _bounds(
    name: str, rule: BoundsRule, metrics: Mapping[str, Metric], prompts: int, benchmark: str, advice: str
) -> RuleResult:
    figure, called = (name, name) if rule.scorer is not None else (current_figure(name), _called(name))
    title, metric = f"metric {name}", metrics.get(figure)
    if metric is None or metric.value is None:
        return _absent(title, called, metrics if rule.scorer is None else {}, benchmark, advice)
    if problem := _incomplete(called, metric, prompts):
        return _invalid(title, problem)
    inside = (rule.min is None or metric.value >= rule.min) and (rule.max is None or metric.value <= rule.max)
    bounds = {"at least": rule.min, "at most": rule.max}
    as_percent = rule.scorer is None and is_share(figure, metric.value, rule.min, rule.max)
    text = percent_text if as_percent else "{:.6g}".format
    bounds_text = " and ".join(f"{how} {text(bound)}" for how, bound in bounds.items() if bound is not None)
    value = percent_text(metric.value) if as_percent else f"{metric.value:.3g}"
    return RuleResult(
        rule=title,
        outcome="PASS" if inside else "FAIL",
        sentence=f"{called} is {value} over {metric.n} prompts, asked for {bounds_text}",
        value=metric.value,
        limit=rule.min if rule.min is not None else rule.max,
        low=metric.low,
        high=metric.high,
        prompts=metric.n,
        of=prompts,
    )


def _called(figure: str) -> str:
    """A figure's name today, with that of the policy where it is another."""
    now = current_figure(figure)
    return now if now == figure else f"{now} ({figure} in the policy is now called so)"


def _incomplete(figure: str, metric: Metric, prompts: int) -> str:
    """A figure of a part of the prompts says nothing of all of them."""
    if metric.n >= (1 - MAX_MISSING) * prompts > 0:
        return ""
    return f"{figure} is over {metric.n} prompts, and the gate is about {prompts}"


def _absent(rule: str, figure: str, metrics: Mapping[str, Metric], benchmark: str, advice: str) -> RuleResult:
    if metrics:
        return _invalid(rule, f"{benchmark} has no figure {figure}; it has {', '.join(sorted(metrics))}")
    return _invalid(rule, f"the store holds no {figure} of these answers on these prompts by this judge; {advice}")


def _invalid(rule: str, sentence: str) -> RuleResult:
    return RuleResult(rule=rule, outcome="INVALID", sentence=sentence)
