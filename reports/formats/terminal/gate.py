"""A gate in the terminal: its decision, and what the gates of a line have spent."""

from collections.abc import Sequence
from dataclasses import asdict

from rich.table import Table
from rich.text import Text

from tpobench.harness.gate.decision import ClearPrompt, Decision
from tpobench.harness.progress import CleanConsole
from tpobench.harness.store.gates import LedgerRow
from tpobench.reports.decision import (
    circumstances,
    clear_prompts,
    evidence,
    further_warnings,
    headline,
    parts,
    shown_as,
)
from tpobench.reports.formats.escaping import logged
from tpobench.reports.formats.figures import percent
from tpobench.reports.formats.terminal.console import cell

STYLES = {
    "PASS": "green",
    "FAIL": "red",
    "INCONCLUSIVE": "yellow",
    "INVALID": "magenta",
    "WARNING": "yellow",
    "SHOWN": "dim",
}


def print_decision(decision: Decision) -> None:
    """Print the rules, the decision, and the prompts that say most about it."""
    console = CleanConsole()
    console.print(decision_table(decision))
    if decision.won or decision.lost:
        console.print("\nprompts that were lost and won most clearly, with the candidate's preference:")
        console.print(clear_prompt_lines(decision), no_wrap=True, overflow="ellipsis")


def decision_table(decision: Decision) -> Table:
    """A row for each rule, then the decision; no line begins with text that a CI's runner takes for a command."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(max_width=20, overflow="fold")
    table.add_column(overflow="fold")
    for name, rules in parts(decision):
        if name:
            table.add_row("", Text.assemble(logged(name), style="bold"), "")
        for rule in rules:
            style = STYLES[shown_as(rule.outcome, rule.tier)]
            table.add_row(Text(rule.outcome, style), logged(rule.rule), logged(rule.sentence))
            if beside := evidence(asdict(rule)):
                table.add_row("", "", Text(beside, "dim"))
    for warning in further_warnings(decision):
        table.add_row("", Text("warning", STYLES["WARNING"]), logged(warning))
    for note in decision.notes:
        table.add_row("", "note", logged(note))
    outcome = Text(decision.outcome, f"bold {STYLES[decision.outcome]}")
    table.add_row(outcome, Text("decision", "bold"), logged(f"{headline(decision)}{circumstances(decision)}"))
    return table


def clear_prompt_lines(decision: Decision) -> Text:
    """The prompts that were lost and won most clearly, a line each: the candidate's preference, category, prompt."""
    lines = [
        Text(f"{how:<4} {percent(clear.preference):>6}  ").append_text(logged(_clear(clear)))
        for how, clear in clear_prompts(decision)
    ]
    return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)


def _clear(clear: ClearPrompt) -> str:
    """Category and prompt; the category alone where the policy hides the prompt."""
    return f"{clear.category}: {clear.prompt}" if clear.prompt else clear.category


def ledger_table(line: str, gates: Sequence[LedgerRow]) -> Table:
    """What each gate of a line of models took of its alphas, and what is left."""
    spent = sum(gate.share for gate in gates)
    caption = f"Gates of {line} so far: {len(gates)}, with {spent:.1%} of the alphas; {1 - spent:.1%} is left."
    table = Table(caption=cell(caption), caption_justify="left")
    for column in ("gate", "candidate", "against", "share of alpha", "decision", "opened"):
        table.add_column(column)
    for gate in gates:
        cells = (gate.number, gate.candidate, gate.against, f"{gate.share:.1%}", gate.decision, gate.opened)
        table.add_row(*(cell(value) for value in cells))
    return table
