"""A gate's decision as text: for terminals, Markdown, JUnit and the log of a CI."""

from collections.abc import Sequence
from xml.etree import ElementTree

from rich.table import Table
from rich.text import Text

from tpobench.harness.gate.decision import ClearPrompt, Decision, RuleResult
from tpobench.harness.store.gates import LedgerRow
from tpobench.reports.formats.escaping import code, escaped, line, logged, sentence
from tpobench.reports.formats.figures import NONE, percent
from tpobench.reports.sections.verdict import READINGS, SYMBOLS

_STYLES = {"PASS": "green", "FAIL": "red", "INCONCLUSIVE": "yellow", "INVALID": "magenta", "SHOWN": "dim"}
_LEVELS = {"FAIL": "error", "INVALID": "error", "INCONCLUSIVE": "warning"}


def terminal_table(decision: Decision) -> Table:
    """A row for each rule, then the decision; no line begins with text that a CI's runner takes for a command."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(max_width=20, overflow="fold")
    table.add_column(overflow="fold")
    for rule in decision.rules:
        table.add_row(Text(rule.outcome, _STYLES[rule.outcome]), logged(rule.rule), logged(rule.sentence))
    for note in decision.notes:
        table.add_row("", "note", logged(note))
    style = f"bold {_STYLES[decision.outcome]}"
    table.add_row(
        Text(decision.outcome, style), Text("decision", "bold"), logged(f"{headline(decision)}{_met(decision)}")
    )
    return table


def telling_lines(decision: Decision) -> Text:
    """The prompts that were lost and won most clearly, a line each: the candidate's preference, category, prompt."""
    lines = [
        Text(f"{how:<4} {percent(told.preference):>6}  ").append_text(logged(f"{told.category}: {told.prompt}"))
        for how, told in _telling(decision)
    ]
    return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)


def ledger_table(line: str, rows: Sequence[LedgerRow]) -> Table:
    """The gates of a line, and what they have spent of its error budget."""
    spent = sum(row.share for row in rows)
    caption = f"Gates of {line} so far: {len(rows)}, with {spent:.1%} of the alphas; {1 - spent:.1%} is left."
    table = Table(
        "gate", "candidate", "against", "share of alpha", "decision", "opened", caption=caption, caption_justify="left"
    )
    for row in rows:
        cells = (row.number, row.candidate, row.against, f"{row.share:.1%}", row.decision, row.opened)
        table.add_row(*(Text(str(cell)) for cell in cells))
    return table


def markdown(decision: Decision) -> str:
    """A summary in GitHub's Markdown, for a job's page or a comment: it fetches nothing and mentions nobody."""
    lines = [
        f"## tpobench gate: {_marked(decision.outcome)}",
        "",
        f"**Decision:** {escaped(headline(decision))}.",
        "",
        "| | rule | what was found | prompts |",
        "|---|---|---|---|",
        *(
            f"| {_marked(rule.outcome)} | {code(rule.rule)} | {escaped(rule.sentence)} | {_consumed(rule)} |"
            for rule in decision.rules
        ),
        "",
        *(f"- {name}: {code(value)}" for name, value in _facts(decision)),
        *(f"- note: {escaped(note)}" for note in decision.notes),
        *_most_telling("won", decision.won),
        *_most_telling("lost", decision.lost),
    ]
    return "\n".join(lines) + "\n"


def junit(decision: Decision) -> str:
    """JUnit XML with a test case for each rule. What is not certain fails: it must not look green."""
    counts = {outcome: sum(rule.outcome == outcome for rule in decision.rules) for outcome in _STYLES}
    numbers = {
        "tests": len(decision.rules),
        "failures": counts["FAIL"] + counts["INCONCLUSIVE"],
        "errors": counts["INVALID"],
        "skipped": counts["SHOWN"],
    }
    root = ElementTree.Element("testsuites")
    about = {"name": "tpobench gate"} | {name: str(number) for name, number in numbers.items()}
    suite = ElementTree.SubElement(root, "testsuite", about)
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in [("decision", decision.outcome), *_facts(decision)]:
        ElementTree.SubElement(properties, "property", name=name, value=line(value))
    for rule in decision.rules:
        case = ElementTree.SubElement(suite, "testcase", classname="tpobench.gate", name=line(rule.rule))
        _tell(case, rule)
    if decision.lost or decision.won:
        told = [f"{how}: [{line(t.category)}] {line(t.prompt)}" for how, t in _telling(decision)]
        ElementTree.SubElement(suite, "system-out").text = "\n".join(told)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def annotations(decision: Decision) -> list[str]:
    """Workflow commands of GitHub Actions: the decision, then every rule that prevents a PASS. GitHub shows
    the first ten of a step."""
    told: list[tuple[str, str, str]] = [(decision.outcome, "tpobench gate", headline(decision) + _met(decision))]
    told += [(rule.outcome, rule.rule, rule.sentence) for rule in decision.rules if rule.outcome in _LEVELS]
    return [
        f"::{_LEVELS.get(outcome, 'notice')} title={_property(f'{outcome} {line(title)}')}::{_data(sentence(text))}"
        for outcome, title, text in told
    ]


def headline(decision: Decision) -> str:
    """The decision as a sentence without its full stop, with the rules that made it."""
    culprits = [line(rule.rule) for rule in decision.rules if rule.outcome == decision.outcome != "PASS"]
    because = f" ({', '.join(culprits)})" if culprits else ""
    return f"{line(decision.candidate) or 'the candidate'} {READINGS[decision.outcome]}{because}"


def _telling(decision: Decision) -> list[tuple[str, ClearPrompt]]:
    return [("lost", told) for told in decision.lost] + [("won", told) for told in decision.won]


def _met(decision: Decision) -> str:
    about = ", ".join(f"{name} {line(value)}" for name, value in _facts(decision) if name != "candidate")
    return f"; {about}" if about else ""


def _facts(decision: Decision) -> list[tuple[str, str]]:
    named = ("candidate", "against", "judge", "benchmark")
    return [(name, value) for name in named if (value := getattr(decision, name))]


def _tell(case: ElementTree.Element, rule: RuleResult) -> None:
    told = sentence(rule.sentence)
    if rule.outcome == "PASS":
        ElementTree.SubElement(case, "system-out").text = told
        return
    if rule.outcome == "SHOWN":
        ElementTree.SubElement(case, "skipped", message=told).text = told
        return
    found = ElementTree.SubElement(
        case, "error" if rule.outcome == "INVALID" else "failure", type=rule.outcome, message=told
    )
    unsure = "; it is not certain either way, and a gate that is not certain must not be green"
    found.text = told + (unsure if rule.outcome == "INCONCLUSIVE" else "")


def _most_telling(how: str, prompts: Sequence[ClearPrompt]) -> list[str]:
    if not prompts:
        return []
    rows = [f"- {percent(told.preference)} {code(told.category)}: {code(told.prompt)}" for told in prompts]
    title = f"What the candidate {how} most clearly (its preference, category, prompt)"
    return ["", f"<details><summary>{title}</summary>", "", *rows, "", "</details>"]


def _marked(outcome: str) -> str:
    return f"{SYMBOLS.get(outcome, '·')} {outcome}"


def _consumed(rule: RuleResult) -> str:
    return NONE if rule.prompts is None or rule.of is None else f"{rule.prompts} of {rule.of}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
