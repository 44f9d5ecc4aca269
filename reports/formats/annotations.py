"""A gate's decision in the log of GitHub Actions."""

from tpobench.harness.gate.decision import Decision
from tpobench.reports.decision import circumstances, headline
from tpobench.reports.formats.escaping import line, sentence

_LEVELS = {"FAIL": "error", "INVALID": "error", "INCONCLUSIVE": "warning"}


def annotations(decision: Decision) -> list[str]:
    """Workflow commands of GitHub Actions: the decision, then every rule that prevents a PASS. GitHub shows
    the first ten of a step.

    Args:
        decision: What the gate decided.

    Returns:
        A command a line, such as ``::error title=FAIL head to head::...``.
    """
    notes: list[tuple[str, str, str]] = [
        (decision.outcome, "tpobench gate", headline(decision) + circumstances(decision)),
        *((rule.outcome, rule.rule, rule.sentence) for rule in decision.rules if rule.outcome in _LEVELS),
    ]
    return [
        f"::{_LEVELS.get(outcome, 'notice')} title={_property(f'{outcome} {line(title)}')}::{_data(sentence(text))}"
        for outcome, title, text in notes
    ]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
