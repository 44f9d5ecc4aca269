"""A gate's decision in the log of GitHub Actions."""

from dataclasses import asdict

from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.reports.decision import circumstances, evidence, further_warnings, headline, shown_as
from tpobench.reports.formats.escaping import line, sentence

_LEVELS = {"FAIL": "error", "INVALID": "error", "INCONCLUSIVE": "warning", "WARNING": "warning"}


def annotations(decision: Decision) -> list[str]:
    """Workflow commands of GitHub Actions: the decision, then every rule that prevents a PASS, then warnings. GitHub
    shows the first ten of a step.

    Args:
        decision: What the gate decided.

    Returns:
        A command a line, such as ``::error title=FAIL head to head::...``.
    """
    rules = [(shown_as(rule.outcome, rule.tier), rule) for rule in decision.rules]
    told = [(shown, rule) for shown, rule in rules if shown in _LEVELS]
    told.sort(key=lambda one: one[0] == "WARNING")
    notes: list[tuple[str, str, str]] = [
        (decision.outcome, "tpobench gate", headline(decision) + circumstances(decision)),
        *((shown, rule.rule, _with_evidence(rule)) for shown, rule in told),
        *(("WARNING", "tpobench gate", warning) for warning in further_warnings(decision)),
    ]
    return [
        f"::{_LEVELS.get(outcome, 'notice')} title={_property(f'{outcome} {line(title)}')}::{_data(sentence(text))}"
        for outcome, title, text in notes
    ]


def _with_evidence(rule: RuleResult) -> str:
    beside = evidence(asdict(rule))
    return f"{sentence(rule.sentence)} ({beside})" if beside else rule.sentence


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
