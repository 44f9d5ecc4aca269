"""A figure of the candidate against the same figure of the baseline, item by item: is it worse by more than allowed?"""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import numpy as np

from tpobench.harness.evaluation.benchmark import FigureDifference
from tpobench.harness.gate.decision import RuleOutcome, RuleResult
from tpobench.harness.gate.input import PairedValues
from tpobench.harness.gate.rules import DropRule
from tpobench.harness.stats.intervals import mean_interval, mean_p_value
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.stats.power import detectable, final_critical, prompts_to_see

_FITTED_ALPHA = 0.025
"""One side of the 95% interval of a fitted figure."""

Pairs = Sequence[tuple[float | None, float | None]]


def check_drop(name: str, quantity: str, rule: DropRule, values: PairedValues, unit: str = "items") -> RuleResult:
    """Is the candidate certainly not worse by more than the rule allows, or certainly worse? A value that is missing
    counts as the worst one in the test for a PASS, and as the best one in that for a FAIL: leaving items out must not
    help.

    Args:
        name: What the result is called, such as ``lm_eval gsm8k``.
        quantity: What is compared, such as ``exact_match``.
        rule: What is allowed, at which alpha, and between which values every item lies.
        values: Those of both sides.
        unit: What the values are of, in the plural.
    """
    if values.problem:
        return _invalid(name, rule, values.problem)
    if values.fitted is not None:
        return _fitted(name, quantity, rule, values.fitted)
    pairs = values.pairs
    known = [(ours, theirs) for ours, theirs in pairs if ours is not None and theirs is not None]
    if not known:
        return _invalid(name, rule, f"there are no {unit} on which both have a {quantity}")
    missing = len(pairs) - len(known)
    if missing > MAX_MISSING * len(pairs):
        return _invalid(name, rule, f"only {len(known)} of {len(pairs)} {unit} have a {quantity} of both")
    if outside := _outside(rule, known, quantity, unit):
        return _invalid(name, rule, outside)
    return _tested(name, quantity, rule, pairs, known, unit)


def _tested(
    name: str, quantity: str, rule: DropRule, pairs: Pairs, known: Sequence[tuple[float, float]], unit: str
) -> RuleResult:
    least, most = rule.difference_range

    def scaled(differences: Sequence[float]) -> list[float]:
        return [min(max((value - least) / (most - least), 0.0), 1.0) for value in differences]

    floor = (rule.floor - least) / (most - least)
    worst, best = (scaled(_differences(rule, pairs, for_candidate=side)) for side in (False, True))
    level = 1 - 2 * rule.alpha
    low, high = mean_interval(worst, level).low, mean_interval(best, level).high
    outcome: RuleOutcome = "PASS" if low > floor else "FAIL" if high < floor else "INCONCLUSIVE"
    tested = (1 - np.asarray(best), 1 - floor) if outcome == "FAIL" else (np.asarray(worst), floor)
    differences = _differences(rule, known, for_candidate=True)
    spread, critical, mean = float(np.std(differences)), final_critical("fixed", rule.alpha), fmean(differences)
    needed = None
    if outcome == "INCONCLUSIVE" and mean != rule.floor:
        needed = max(prompts_to_see(abs(mean - rule.floor), spread, critical) - len(pairs), 1)
    missing = len(pairs) - len(known)
    over = f"over {len(pairs)} {unit}" + (f", {missing} of them missing" if missing else "")
    sides = fmean(ours for ours, _ in known), fmean(theirs for _, theirs in known)
    ends = (least + (most - least) * low, least + (most - least) * high)
    return RuleResult(
        rule=name,
        outcome=outcome,
        sentence=f"{_sentence(quantity, rule, sides, mean, ends)} at alpha {rule.alpha:.2g}, {over}",
        prompts=len(pairs),
        of=len(pairs),
        alpha=rule.alpha,
        p_value=float(mean_p_value(*tested)),
        detectable=max(detectable(spread, len(pairs), critical, most=most - least), mean - ends[0]),
        needed=needed,
        **_figures(rule, mean, ends),
    )


def _fitted(name: str, quantity: str, rule: DropRule, fitted: FigureDifference) -> RuleResult:
    """The same for a figure that is no mean: its 95% interval is stretched to the rule's alpha as that of a normal
    distribution."""
    if rule.max_drop is None:
        return _invalid(name, rule, f"of {quantity} only the difference has an interval; use max_drop")
    stretch = final_critical("fixed", rule.alpha) / final_critical("fixed", _FITTED_ALPHA)
    ends = [fitted.difference + stretch * (end - fitted.difference) for end in (fitted.low, fitted.high)]
    low, high = sorted(rule.sign * end for end in ends)
    outcome: RuleOutcome = "PASS" if low > rule.floor else "FAIL" if high < rule.floor else "INCONCLUSIVE"
    mean = rule.sign * fitted.difference
    sentence = _sentence(quantity, rule, (fitted.a, fitted.b), mean, (low, high))
    return RuleResult(
        rule=name,
        outcome=outcome,
        sentence=f"{sentence} at alpha {rule.alpha:.2g}, over {fitted.n} prompts",
        prompts=fitted.n,
        of=fitted.n,
        alpha=rule.alpha,
        **_figures(rule, mean, (low, high)),
    )


def _differences(rule: DropRule, pairs: Pairs, *, for_candidate: bool) -> list[float]:
    """`sign` * (candidate's value - `share` * baseline's); what is missing is the best that there is for the candidate,
    or the worst."""
    low, high = rule.range
    best, worst = (high, low) if rule.better == "higher" else (low, high)
    ours, theirs = (best, worst) if for_candidate else (worst, best)
    return [rule.sign * ((ours if a is None else a) - rule.share * (theirs if b is None else b)) for a, b in pairs]


def _outside(rule: DropRule, pairs: Sequence[tuple[float, float]], quantity: str, unit: str) -> str:
    (low, high), values = rule.range, [value for pair in pairs for value in pair]
    if low <= min(values) and max(values) <= high:
        return ""
    return (
        f"{quantity} of these {unit} lies between {min(values):.4g} and {max(values):.4g}, not between {low:g} and "
        f"{high:g}; give its 'range: [LOW, HIGH]' in the policy"
    )


def _figures(rule: DropRule, mean: float, ends: tuple[float, float]) -> dict[str, Any]:
    """What is shown is the candidate's less the baseline's, whichever direction is good."""
    low, high = sorted(rule.sign * end for end in ends)
    return {"value": rule.sign * mean, "low": low, "high": high, "limit": rule.sign * rule.floor}


def _sentence(quantity: str, rule: DropRule, sides: tuple[float, float], mean: float, ends: tuple[float, float]) -> str:
    shown = _figures(rule, mean, ends)
    is_share = rule.range == (0.0, 1.0)
    value, low, high, limit = (
        f"{100 * shown[name]:+.1f}" if is_share else f"{shown[name]:+.3g}" for name in ("value", "low", "high", "limit")
    )
    ours, theirs = (f"{side:.1%}" if is_share else f"{side:.4g}" for side in sides)
    beside = "" if rule.max_drop is not None else f" from {rule.share:.1%} of the latter"
    points = " points" if is_share else ""
    reach = "down" if rule.better == "higher" else "up"
    return f"{quantity} {ours} against {theirs}: {value}{points}{beside} ({low} to {high}), allowed {reach} to {limit}"


def _invalid(name: str, rule: DropRule, sentence: str) -> RuleResult:
    return RuleResult(rule=name, outcome="INVALID", sentence=sentence, limit=rule.sign * rule.floor, alpha=rule.alpha)
