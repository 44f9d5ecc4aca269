"""A gate's decision in words: what every format says of it."""

from tpobench.harness.gate.decision import ClearPrompt, Decision
from tpobench.reports.formats.escaping import line

READINGS = {
    "PASS": "meets every rule of the gate, so it may be promoted",
    "FAIL": "is rejected by the gate",
    "INCONCLUSIVE": "can be neither promoted nor rejected: there is too little data to tell",
    "INVALID": "was not decided on: the data cannot carry a decision",
}
SYMBOLS = {"PASS": "✓", "FAIL": "✕", "INCONCLUSIVE": "?", "INVALID": "!"}


def headline(decision: Decision) -> str:
    """The decision as a sentence without its full stop, with the rules that made it.

    Args:
        decision: What the gate decided.

    Returns:
        One line in which nothing is invisible; it is not escaped for a format yet.
    """
    culprits = [line(rule.rule) for rule in decision.rules if rule.outcome == decision.outcome != "PASS"]
    because = f" ({', '.join(culprits)})" if culprits else ""
    return f"{line(decision.candidate) or 'the candidate'} {READINGS[decision.outcome]}{because}"


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
