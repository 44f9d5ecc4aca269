"""The command that makes one whole run on the embedded model: quickstart."""

from pathlib import Path
from typing import Annotated

import typer

from tpobench.cli import train
from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options.output import JsonOption
from tpobench.cli.options.store import RUNS, may_wait
from tpobench.cli.options.without_effect import refuse_options
from tpobench.cli.program import program


@app.command()
@may_wait
def quickstart(
    *,
    context: typer.Context,
    folder: Annotated[Path, typer.Option("--dir", help="Where the run is kept.")] = RUNS / "quickstart",
    as_json: JsonOption = False,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print the run's configuration, and stop.")
    ] = False,
) -> None:
    """Train and evaluate a small model, in about ten minutes.

    The embedded model answers, is judged by checklists, learns to think, and is gated: what `train` does, at the
    size of two processor cores. Run again, it takes seconds, since everything is stored.

    Example: tpobench quickstart
    """
    config = Path(__file__).parents[1] / "tpo" / "quickstart.yaml"
    if print_config:
        refuse_options(context, ["folder", "wait", "as_json"], "with --print-config")
        print(config.read_text(encoding="utf-8"), end="")
        return
    quiet_libraries()
    from tpobench.harness.config import load_yaml
    from tpobench.tpo.config import RunConfig

    train.train_in(folder, load_yaml(config, RunConfig), as_json)
    if not as_json:
        (checkpoint,) = (folder / "checkpoints").glob("thought-1-????????")
        start, store = program(), f"--store {folder}/store.duckdb"
        print(
            "\nTry next:\n"
            f'  {start} chat --model {checkpoint} --mode think:generic --show-thoughts "Why is the sky blue?"\n'
            f'  {start} sql "SELECT arm, iteration, count(*) AS pairs FROM pair GROUP BY ALL" {store}\n'
            f"  {start} gate {folder}/policy.yaml --candidate thought/1 --against direct/1 {store}"
        )
