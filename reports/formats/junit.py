"""A gate's decision as JUnit XML, a test case for each rule."""

from datetime import UTC, datetime
from xml.etree import ElementTree

from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.reports.decision import clear_prompts, facts, further_warnings, parts, shown_as
from tpobench.reports.formats.escaping import line, sentence

_FIGURES = ("e_value", "p_value", "detectable", "needed", "dollars")


def junit(decision: Decision, *, started: datetime, seconds: float) -> str:
    """The decision for a CI that shows tests. What is not certain fails: it must not look green.

    Args:
        decision: What the gate decided.
        started: When the gate began.
        seconds: How long it took. The rules are decided together, so that the time is the suite's, and none a case's.

    Returns:
        The XML document. A rule that passes is a passed test, FAIL and INCONCLUSIVE are failures, INVALID is an
        error, and a rule that is only shown, or only warns, is skipped. Rules of several benchmarks are told apart by
        the name of their class.
    """
    outcomes = [shown_as(rule.outcome, rule.tier) for rule in decision.rules]
    numbers = {
        "tests": len(outcomes),
        "failures": outcomes.count("FAIL") + outcomes.count("INCONCLUSIVE"),
        "errors": outcomes.count("INVALID"),
        "skipped": outcomes.count("SHOWN") + outcomes.count("WARNING"),
    }
    about = {"name": "tpobench gate"} | {name: str(number) for name, number in numbers.items()}
    about |= {"time": f"{seconds:.3f}", "timestamp": started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")}
    root = ElementTree.Element("testsuites", about)
    suite = ElementTree.SubElement(root, "testsuite", about)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in [("decision", decision.outcome), *facts(decision)]:
        ElementTree.SubElement(properties, "property", name=name, value=line(value))
    for name, rules in parts(decision):
        classname = f"tpobench.gate.{line(name)}" if name else "tpobench.gate"
        for rule in rules:
            case = ElementTree.SubElement(suite, "testcase", classname=classname, name=line(rule.rule), time="0.000")
            _add_properties(case, rule)
            _add_outcome(case, rule)
    if decision.lost or decision.won:
        clear = [f"{how}: [{line(p.category)}] {line(p.prompt)}".rstrip() for how, p in clear_prompts(decision)]
        ElementTree.SubElement(suite, "system-out").text = "\n".join(clear)
    if warnings := further_warnings(decision):
        ElementTree.SubElement(suite, "system-err").text = "\n".join(f"warning: {sentence(one)}" for one in warnings)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_properties(case: ElementTree.Element, rule: RuleResult) -> None:
    """The figures behind a rule's sentence, as far as there are any."""
    figures = {name: getattr(rule, name) for name in _FIGURES if getattr(rule, name) is not None}
    if rule.tier != "critical":
        figures = {"tier": rule.tier, **figures}
    if figures:
        properties = ElementTree.SubElement(case, "properties")
        for name, value in figures.items():
            ElementTree.SubElement(properties, "property", name=name, value=_number(value))


def _number(value: str | float) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _add_outcome(case: ElementTree.Element, rule: RuleResult) -> None:
    text, shown = sentence(rule.sentence), shown_as(rule.outcome, rule.tier)
    if rule.outcome == "PASS":
        ElementTree.SubElement(case, "system-out").text = text
        return
    if shown in ("SHOWN", "WARNING"):
        text = text if rule.outcome == "SHOWN" else f"{rule.outcome}, {rule.tier}: {text}"
        ElementTree.SubElement(case, "skipped", message=text).text = text
        return
    kind = "error" if rule.outcome == "INVALID" else "failure"
    problem = ElementTree.SubElement(case, kind, type=rule.outcome, message=text)
    unsure = "; it is not certain either way, and a gate that is not certain must not pass a CI"
    problem.text = text + (unsure if rule.outcome == "INCONCLUSIVE" else "")
