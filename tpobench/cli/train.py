"""The command that trains: train."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import RUNS, may_wait
from tpobench.cli.options.without_effect import refuse_options

if TYPE_CHECKING:
    from tpobench.tpo.config import RunConfig


FolderOption = Annotated[Path | None, typer.Option("--dir", help="Where the run is kept; default: tpobench-runs/NAME.")]


@app.command()
@may_wait
def train(
    *,
    context: typer.Context,
    config: Annotated[Path, typer.Argument(help="The run's YAML; see tpobench quickstart --print-config.")],
    folder: FolderOption = None,
    as_json: JsonOption = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what the run would take, and stop.")] = False,
) -> None:
    """Train with and without thoughts, and measure both.

    At the end a gate decides and a report is written. An interrupted run continues where it stopped; with more
    iterations or another arm in the file, a finished run is extended.

    Example: tpobench train configs/smollm2-cpu.yaml
    """
    if dry_run:
        refuse_options(context, ["folder", "wait"], "with --dry-run, which writes nothing")
    quiet_libraries()
    from tpobench.harness.config import load_yaml
    from tpobench.tpo.config import RunConfig
    from tpobench.tpo.without_effect import require_effective

    settings = load_yaml(config, RunConfig)
    kept = folder or RUNS / settings.name
    if dry_run or not (kept / "store.duckdb").exists():
        require_effective(settings)
    if dry_run:
        _print_estimate(settings, as_json)
    else:
        train_in(kept, settings, as_json)


def train_in(folder: Path, settings: "RunConfig", as_json: bool) -> None:
    """Train, measure, gate and report, and print the results."""
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.html import write_report
    from tpobench.reports.formats.terminal.console import show
    from tpobench.reports.formats.terminal.run import result_table, training_table
    from tpobench.reports.run_summary import summarise
    from tpobench.tpo.loop import run_training

    progress = Progress(quiet=as_json)
    with Store(folder / "store.duckdb") as store:
        before = store.row_counts()
        run = run_training(settings, folder, store, progress)
        report = folder / "report.html"
        write_report(store, run, report)
        summary = summarise(store, run)
        counts = {name: (rows, rows - before[name]) for name, rows in store.row_counts().items()}
    if as_json:
        print_json(summary.as_json() | {"report": str(report), "rows": {n: c for n, (c, _) in counts.items()}})
        return
    show(result_table(summary), training_table(summary))
    for rule in summary.rules:
        print(f"  {rule['outcome']:<12} {rule['rule']}: {rule['sentence']}")
    if summary.decision:
        print(f"decision  {summary.decision}")
    shown = ("output", "score", "judgment", "pair", "model", "step")
    print("rows      " + ", ".join(f"{name} {counts[name][0]} (+{counts[name][1]})" for name in shown))
    print(f"report    {report}")


def _print_estimate(settings: "RunConfig", as_json: bool) -> None:
    from tpobench.reports.formats.terminal.console import show
    from tpobench.reports.formats.terminal.estimate import estimate_table
    from tpobench.tpo.estimate import estimate

    expected = estimate(settings)
    if as_json:
        print_json(expected.as_json())
    else:
        show(estimate_table(expected))
