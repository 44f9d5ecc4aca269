"""A gate's decision in words: what every format says of it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleResult
from tpobench.reports.formats.escaping import line

READINGS = {
    "PASS": "meets every rule of the gate, so it may be promoted",
    "FAIL": "is rejected by the gate",
    "INCONCLUSIVE": "can be neither promoted nor rejected: there is too little data to tell",
    "INVALID": "was not decided on: the data does not allow a decision",
}
SYMBOLS = {"PASS": "✓", "FAIL": "✕", "INCONCLUSIVE": "?", "INVALID": "!", "WARNING": "⚠"}
MOST_CULPRITS = 3
"""Rules that a sentence names; more are counted."""

LARGE_E = 1e6
"""Larger e-values are not told apart."""


def headline(decision: Decision) -> str:
    """The decision as a sentence without its full stop, with the rules that made it.

    Args:
        decision: What the gate decided.

    Returns:
        One line in which nothing is invisible; it is not escaped for a format yet.
    """
    deciding = [rule for rule in decision.rules if shown_as(rule.outcome, rule.tier) == decision.outcome]
    culprits = [line(rule.rule) for rule in deciding if decision.outcome != "PASS"]
    because = f" ({', '.join(culprits)})" if culprits else ""
    return f"{line(decision.candidate) or 'the candidate'} {_reading(decision)}{because}"


def reading_of(outcome: str, rules: Iterable[Mapping[str, Any]]) -> str:
    """What a decision means, without its subject. A PASS does not claim rules that have no part in it and were not met.

    Args:
        outcome: The decision.
        rules: The fields of its results.
    """
    reading = READINGS.get(outcome, f"was decided on as {outcome}")
    beside = [rule for rule in rules if (rule.get("tier") or "critical") != "critical"]
    if any(rule["outcome"] not in ("PASS", "SHOWN") for rule in beside):
        reading = reading.replace("every rule", "every critical rule")
    return reading


def culprits(outcome: str, rules: Sequence[Mapping[str, Any]]) -> str:
    """The rules that made a decision, in brackets; empty for a PASS.

    Args:
        outcome: The decision.
        rules: The fields of its results.
    """
    deciding = [
        rule["rule"].replace("_", " ")
        for rule in rules
        if outcome != "PASS" and shown_as(rule["outcome"], rule.get("tier") or "critical") == outcome
    ]
    if len(deciding) > MOST_CULPRITS:
        deciding = [*deciding[:MOST_CULPRITS], f"and {len(deciding) - MOST_CULPRITS} more"]
    return f" ({', '.join(deciding)})" if deciding else ""


def _reading(decision: Decision) -> str:
    """What the decision means; of a PASS with the number of warnings."""
    reading = reading_of(decision.outcome, map(asdict, decision.rules))
    shown = [shown_as(rule.outcome, rule.tier) for rule in decision.rules]
    count = shown.count("WARNING") + len(further_warnings(decision))
    if decision.outcome != "PASS" or not count:
        return reading
    return f"{reading}, with {count} warning{'s' if count > 1 else ''}"


def circumstances(decision: Decision) -> str:
    """What goes behind the headline: against whom, by which judge, on which benchmark. Empty where nothing is known."""
    known = ", ".join(f"{name} {line(value)}" for name, value in facts(decision) if name != "candidate")
    return f"; {known}" if known else ""


def facts(decision: Decision) -> list[tuple[str, str]]:
    """Candidate, baseline, judge and benchmark, as far as they are known."""
    names = ("candidate", "against", "judge", "benchmark")
    return [(name, value) for name in names if (value := getattr(decision, name))]


def clear_prompts(decision: Decision) -> list[tuple[str, ClearPrompt]]:
    """The prompts that were ``lost`` and ``won`` most clearly."""
    return [("lost", prompt) for prompt in decision.lost] + [("won", prompt) for prompt in decision.won]


def shown_as(outcome: str, tier: str) -> str:
    """How a rule's outcome looks: that of a supporting rule is a ``WARNING`` where it is not a PASS, that of an
    advisory one is ``SHOWN``. INVALID decides in every tier."""
    if tier == "critical" or outcome in ("PASS", "INVALID", "SHOWN"):
        return outcome
    return "WARNING" if tier == "supporting" else "SHOWN"


_TEST_INTERVAL = re.compile(r"\([+−-]?[\d.]+%? to [+−-]?[\d.]+%?(?: points)?(\)?) (?=at alpha )")


def without_interval(sentence: str) -> str:
    """A rule's sentence for a page that shows the same figure with its 95% interval: that of the test, at another
    alpha or over fewer prompts, would be a second one.

    >>> without_interval("win rate 65.0% is above 45.0% (45.8% to 75.1% at alpha 0.05, hybrid)")
    'win rate 65.0% is above 45.0% (at alpha 0.05, hybrid)'
    """
    return _TEST_INTERVAL.sub(lambda match: "" if match[1] else "(", sentence)


def evidence(rule: Mapping[str, Any]) -> str:
    """What is known of a rule beside its sentence, in short.

    Args:
        rule: The fields of a `RuleResult`; of decisions that earlier versions stored, some are not there.

    Returns:
        For example ``supporting; p 0.21, e 0.4; sees 5.2 points; 120 more prompts (about $0.42) would decide``; empty
        where there is nothing to say.
    """
    tier, p_value, e_value = rule.get("tier") or "critical", rule.get("p_value"), rule.get("e_value")
    odds = [f"p {_p(p_value)}"] if p_value is not None else []
    odds += [f"e {_e(e_value)}"] if e_value is not None else []
    said = [tier] if tier != "critical" else []
    said += [", ".join(odds)] if odds else []
    if (seen := rule.get("detectable")) is not None:
        said.append(f"sees {100 * seen:.1f} points")
    if needed := rule.get("needed"):
        prompts = "prompt" if needed == 1 else "prompts"
        said.append(f"{needed:,} more {prompts}{_price(rule.get('dollars'))} would decide")
    return "; ".join(said)


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.2g}"


def _e(value: float) -> str:
    if value > LARGE_E:
        return f"> {LARGE_E:,.0f}"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def _price(dollars: float | None) -> str:
    if not dollars:
        return ""
    return f" (about ${dollars:,.2f})" if dollars >= 0.01 else " (less than $0.01)"


def parts(decision: Decision) -> list[tuple[str, Sequence[RuleResult]]]:
    """The rules by benchmark, where the policy has several: their names then begin with the benchmark's. Of one
    benchmark, all rules under an empty name."""
    grouped: dict[str, list[RuleResult]] = {}
    for rule in decision.rules:
        name, slash, own = rule.rule.partition(" / ")
        if not slash:
            return [("", decision.rules)]
        grouped.setdefault(name, []).append(replace(rule, rule=own))
    return list(grouped.items())


def further_warnings(decision: Decision) -> list[str]:
    """The warnings that are not what a supporting rule has said: that stands with the rule."""
    rules = [*decision.rules, *(rule for _, rules in parts(decision) for rule in rules)]
    said = {f"{rule.rule}: {rule.sentence}" for rule in rules if rule.tier == "supporting"}
    return [warning for warning in decision.warnings if warning not in said]
