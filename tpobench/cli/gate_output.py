"""What a gate writes and prints of its decision. Nothing that goes wrong here changes the decision's exit code."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tpobench.cli import streams
from tpobench.cli.options.output import print_json

if TYPE_CHECKING:
    from tpobench.harness.gate.run import GateResult


def write_files(result: "GateResult", *, junit: Path | None, markdown: Path | None) -> None:
    """Write the files that were asked for, and the summary of a job of GitHub Actions. One that cannot be written is
    told on standard error.

    Args:
        result: What the gate decided.
        junit: Where to write JUnit XML; None for nowhere.
        markdown: Where to write Markdown; None for nowhere.
    """
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if junit is not None:
        _attempt(f"--junit {junit}", result, lambda: _write_junit(result, junit))
    if markdown is not None:
        _attempt(f"--markdown {markdown}", result, lambda: _write_markdown(result, markdown))
    if summary:
        _attempt(f"GITHUB_STEP_SUMMARY {summary}", result, lambda: _append_markdown(result, Path(summary)))


def print_result(result: "GateResult", as_json: bool, said: Sequence[str]) -> None:
    """Print the decision.

    Args:
        result: What the gate decided.
        as_json: As JSON alone; what was said then goes to standard error.
        said: Lines to print below it.
    """
    _attempt("the output", result, lambda: _print(result, as_json, said))
    if problem := streams.lost_output():
        _warn("the output", problem, result)


def _attempt(what: str, result: "GateResult", write: Callable[[], None]) -> None:
    try:
        write()
    except Exception as error:  # whatever it is, the decision stands
        problem = getattr(error, "problem", None) or getattr(error, "strerror", None)
        _warn(what, problem or f"{type(error).__name__}: {error}", result)


def _warn(what: str, problem: str, result: "GateResult") -> None:
    decision = f"the decision is {result.decision.outcome} and is stored"
    print(f"tpobench: {what} could not be written ({problem}); {decision}", file=sys.stderr)


def _write_junit(result: "GateResult", path: Path) -> None:
    from tpobench.harness.files import write_whole
    from tpobench.reports.formats.junit import junit

    write_whole(path, junit(result.decision, started=result.started, seconds=result.seconds))


def _write_markdown(result: "GateResult", path: Path) -> None:
    from tpobench.harness.files import write_whole
    from tpobench.reports.formats.markdown import decision_markdown

    write_whole(path, decision_markdown(result.decision))


def _append_markdown(result: "GateResult", path: Path) -> None:
    from tpobench.reports.formats.markdown import decision_markdown

    with path.open("a", encoding="utf-8") as file:
        file.write(decision_markdown(result.decision))


def _print(result: "GateResult", as_json: bool, said: Sequence[str]) -> None:
    if as_json:
        print_json(result.decision.as_json())
        for line in said:
            print(line, file=sys.stderr)
        return
    from tpobench.reports.formats.annotations import annotations
    from tpobench.reports.formats.terminal.gate import print_decision

    print_decision(result.decision)
    for line in said:
        print(line)
    if os.environ.get("GITHUB_ACTIONS") == "true":
        streams.print_commands(annotations(result.decision))
