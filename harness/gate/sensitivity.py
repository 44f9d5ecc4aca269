"""Can the judge tell answers apart at all? One that goes by position, or ties everything, decides nothing.

The term is that of clinical trials: a trial that could not have seen a difference does not show that there is none
(ICH E10, "Choice of control group", assay sensitivity).
"""

from collections.abc import Iterable, Sequence
from statistics import fmean

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.decision import RuleResult
from tpobench.harness.gate.rules import Sensitivity
from tpobench.harness.stats.preferences import flips, mean_preference

_LEAST = 10
"""Verdicts of each order below which nothing is said of the place."""


def check_verdicts(limits: Sensitivity, judged: Sequence[Sequence[Verdict]]) -> RuleResult:
    """INVALID where the verdicts of the prompts that were judged are beyond one of the limits."""
    shares = {
        "flips": _share(flips(*pair) for pair in _both_orders(judged)),
        "ties": _share(value == 0.5 for value in _values(judged)),
        "position": _position(judged),
        "missing": _share(verdict.preference is None for verdicts in judged for verdict in verdicts),
    }
    known = {name: share for name, share in shares.items() if share is not None}
    beyond = [
        f"{name} {share:.0%}, allowed up to {getattr(limits, name):.0%}"
        for name, share in known.items()
        if share > getattr(limits, name)
    ]
    if beyond:
        sentence = f"the judge cannot tell these answers apart: {'; '.join(beyond)}"
        return RuleResult(rule="sensitivity", outcome="INVALID", sentence=sentence)
    shown = ", ".join(f"{name} {share:.0%}" for name, share in known.items()) or "nothing was judged"
    return RuleResult(
        rule="sensitivity", outcome="PASS" if known else "SHOWN", sentence=f"{shown} of {len(judged)} prompts"
    )


def _both_orders(judged: Sequence[Sequence[Verdict]]) -> list[tuple[float, float]]:
    pairs = []
    for verdicts in judged:
        known = {verdict.order: verdict.preference for verdict in verdicts if verdict.preference is not None}
        if len(known) == 2:
            pairs.append((known["AB"], known["BA"]))
    return pairs


def _values(judged: Sequence[Sequence[Verdict]]) -> list[float]:
    means = (mean_preference([verdict.preference for verdict in verdicts]) for verdicts in judged)
    return [value for value in means if value is not None]


def _position(judged: Sequence[Sequence[Verdict]]) -> float | None:
    """How far the mean preference is apart between the two orders: 0 where the place does not matter, 1 where nothing
    else does. None where one of the orders is hardly there."""
    by_order: dict[str, list[float]] = {"AB": [], "BA": []}
    for verdicts in judged:
        for verdict in verdicts:
            if verdict.preference is not None:
                by_order.setdefault(verdict.order, []).append(verdict.preference)
    first, second = by_order["AB"], by_order["BA"]
    return abs(fmean(first) - fmean(second)) if min(len(first), len(second)) >= _LEAST else None


def _share(cases: Iterable[bool]) -> float | None:
    listed = list(cases)
    return sum(listed) / len(listed) if listed else None
