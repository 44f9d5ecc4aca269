"""The command that tells how far a run is: status."""

from pathlib import Path
from typing import Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import RUNS
from tpobench.cli.options.without_effect import refuse_options
from tpobench.cli.train import FolderOption


@app.command()
def status(
    *,
    context: typer.Context,
    run: Annotated[Path, typer.Argument(help="The run's YAML, or its folder.")] = RUNS / "quickstart",
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how far a run is.

    Lists its steps: done, running, interrupted or waiting. It also works while the run is going.

    Example: tpobench status configs/smollm2-cpu.yaml
    """
    from tpobench.reports.formats.terminal.console import show
    from tpobench.reports.formats.terminal.status import status_table
    from tpobench.tpo.status import as_json as to_json
    from tpobench.tpo.status import read_status

    if run.suffix in (".yaml", ".yml"):
        from tpobench.harness.config import load_yaml
        from tpobench.tpo.config import RunConfig
        from tpobench.tpo.steps import planned_steps

        settings = load_yaml(run, RunConfig)
        states = read_status(folder or RUNS / settings.name, [step.name for step in planned_steps(settings)])
    else:
        refuse_options(context, ["folder"], "beside the run's folder; it goes with the run's YAML")
        states = read_status(run)
    if as_json:
        print_json(to_json(states))
    else:
        show(status_table(states))
