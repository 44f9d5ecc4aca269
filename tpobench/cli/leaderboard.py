"""The command that lists every evaluated model: leaderboard."""

from pathlib import Path
from typing import Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options import idle
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_idle
from tpobench.harness.errors import StoreLacks, UserError


@app.command()
@may_wait
def leaderboard(
    *,
    context: typer.Context,
    benchmark: Annotated[str, typer.Option(help="Only this benchmark.")] = "",
    by_category: Annotated[bool, typer.Option("--by-category", help="Win rates by category.")] = False,
    categories: Annotated[
        str, typer.Option(help="With --by-category: data (the benchmark's own), category or complexity (assigned).")
    ] = "data",
    published: Annotated[
        Path | None, typer.Option(help="AlpacaEval's leaderboard.csv, to show its figures beside yours.")
    ] = None,
    sort: Annotated[
        str, typer.Option(help="The figure to sort by, the highest first; default: the one that ranks are made of.")
    ] = "",
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """List every evaluated model, with intervals.

    Official figures stand beside ours. A rank of 2-5 means that the model is certainly not the best, and that its exact
    place among these is not certain. If a model has several evaluations with the same benchmark, judge, baseline and
    modes, the one over most prompts counts, and of those the newest.

    Example: tpobench leaderboard --benchmark alpaca_eval --by-category
    """
    from tpobench.harness.evaluation import leaderboard as boards
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.terminal.leaderboard import print_leaderboards

    refuse_idle(context, idle.of_leaderboard(context.params))
    with Store(store, read_only=True) as opened:
        rows = boards.leaderboard(opened, benchmark)
        if categories in ("category", "complexity"):
            rows = boards.recategorised(opened, rows, categories)
        elif categories != "data":
            raise UserError(f"--categories is data, category or complexity, not {categories!r}")
    if published is not None:
        rows = boards.beside_published(rows, published)
    rows = boards.in_order(rows, sort)
    if as_json:
        print_json([row.as_json() for row in rows])
        return
    if not rows:
        where = f" on {benchmark}" if benchmark else ""
        raise StoreLacks(store, f"{store} holds no evaluation{where}", "run tpobench eval")
    print_leaderboards(rows, by_category)
