"""Commands that travel the whole road: quickstart, train, report."""

from pathlib import Path
from typing import Annotated

import typer

from harness.cli.app import RUNS, JsonOption, app, print_json, quiet_libraries


@app.command()
def quickstart(
    folder: Annotated[Path, typer.Option("--dir", help="Where the run is kept.")] = RUNS / "quickstart",
    as_json: JsonOption = False,
    print_config: Annotated[bool, typer.Option(help="Print the run's configuration and stop.")] = False,
) -> None:
    """Travel the whole road once on the embedded model: about ten minutes on two cores.

    Example: tpobench quickstart
    """
    config = Path(__file__).parents[2] / "tpo" / "quickstart.yaml"
    if print_config:
        print(config.read_text(encoding="utf-8"), end="")
        return
    train(config, folder, as_json)
    if not as_json:
        (checkpoint,) = (folder / "checkpoints").glob("thought-1-????????")
        store = f"--store {folder}/store.duckdb"
        print(
            "\nTry next:\n"
            f'  tpobench chat --model {checkpoint} --mode think:generic --show-thoughts "Why is the sky blue?"\n'
            f'  tpobench sql "SELECT arm, iteration, count(*) AS pairs FROM pair GROUP BY ALL" {store}\n'
            f"  tpobench gate {folder}/policy.yaml --candidate thought/1 --against direct/1 {store}"
        )


@app.command()
def train(
    config: Annotated[Path, typer.Argument(help="The run's YAML; see tpobench quickstart --print-config.")],
    folder: Annotated[Path | None, typer.Option("--dir", help="Where the run is kept.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train both arms, evaluate every checkpoint, decide, report. Started again, it goes on where it stopped.

    Example: tpobench train my-run.yaml --dir tpobench-runs/my-run
    """
    quiet_libraries()
    import yaml

    from harness.config import load_yaml
    from harness.progress import Reporter
    from harness.store import Store
    from reports.html import write_report
    from tpo.config import RunConfig
    from tpo.loop import Loop
    from tpo.summary import summarise, table

    settings = load_yaml(config, RunConfig)
    place = folder or RUNS / settings.name
    reporter = Reporter(quiet=as_json)
    with Store(place / "store.duckdb") as store:
        before = store.row_counts()
        run = Loop(settings, place, store, reporter).run()
        report = place / "report.html"
        write_report(store, run, report)
        (place / "policy.yaml").write_text(yaml.safe_dump(settings.gate.model_dump()), encoding="utf-8")
        summary = summarise(store, run)
        counts = {name: (rows, rows - before[name]) for name, rows in store.row_counts().items()}
    if as_json:
        print_json(summary.as_json() | {"report": str(report), "rows": {n: c for n, (c, _) in counts.items()}})
        return
    reporter.console.print(table(summary))
    for rule in summary.rules:
        print(f"  {rule['outcome']:<12} {rule['rule']}: {rule['sentence']}")
    print(f"decision  {summary.decision}")
    shown = ("output", "score", "judgment", "pair", "model", "step")
    print("rows      " + ", ".join(f"{name} {counts[name][0]} (+{counts[name][1]})" for name in shown))
    print(f"report    {report}")


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="The folder of a run.")] = RUNS / "quickstart",
    run: Annotated[str, typer.Option(help="The run's name, where the store holds several.")] = "",
) -> None:
    """Write the HTML report of a run again.

    Example: tpobench report tpobench-runs/quickstart
    """
    from harness.store import Store
    from reports.html import write_report
    from tpo.runs import run_named

    with Store(folder / "store.duckdb", read_only=True) as store:
        write_report(store, run_named(store, run), folder / "report.html")
    print(folder / "report.html")
