"""The command that compares two models: compare."""

from pathlib import Path
from typing import Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options import idle
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_idle
from tpobench.harness.errors import UserError


@app.command()
@may_wait
def compare(
    *,
    context: typer.Context,
    a: Annotated[
        str,
        typer.Argument(help="A model: its name, NAME@MODE or the beginning of its fingerprint; or thought/1 of a run."),
    ],
    b: Annotated[str, typer.Argument(help="The other model.")],
    mode_a: Annotated[str, typer.Option(help="The mode of A, where it answered in several.")] = "",
    mode_b: Annotated[str, typer.Option(help="The mode of B, where it answered in several.")] = "",
    run: Annotated[str, typer.Option(help="The run's name, where the store holds several.")] = "",
    data: Annotated[
        Path | None,
        typer.Option(help="Official files: takes the difference of length-controlled win rates prompt by prompt."),
    ] = None,
    clusters: Annotated[
        str,
        typer.Option(help="category: prompts of one category count as one observation, for prompts that are alike."),
    ] = "",
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Compare two models on the prompts that both answered.

    Prints the paired difference of their win rates, overall and by category, of the benchmark's own figures, and of
    their lm-eval metrics, with 95% intervals. The win rates are those against the same baseline by the same judge, or
    head to head, where one of the two was the other's baseline. Where verdicts are missing it prints what the
    difference lies between, and beyond 2% it is INVALID.

    Example: tpobench compare thought/1 direct/1 --store tpobench-runs/quickstart/store.duckdb
    """
    from tpobench.harness.evaluation.compare import compare_models
    from tpobench.harness.evaluation.figure_differences import takes_files
    from tpobench.harness.store.models import in_one_mode
    from tpobench.harness.store.runs import model_or_checkpoint
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.terminal.comparison import print_comparison

    if clusters not in ("", "category"):
        raise UserError(f"--clusters is category, not {clusters!r}")
    refuse_idle(context, idle.of_comparison(a, b))
    with Store(store, read_only=True) as opened:
        sides = [model_or_checkpoint(opened, text, mode, run) for text, mode in ((a, mode_a), (b, mode_b))]
        first, second = (in_one_mode(opened, side) for side in sides)
        differences = compare_models(opened, first, second, data, by_clusters=bool(clusters), directly=True)
    if data is not None and not any(takes_files(difference) for difference in differences):
        raise UserError(
            f"--data {data} has no effect: these models share no benchmark whose own figures are taken from the files "
            "there; leave it out"
        )
    if as_json:
        print_json([row.as_json() for row in differences])
        return
    print_comparison(a, b, differences)
