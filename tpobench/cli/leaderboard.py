"""The command that lists every evaluated model: leaderboard."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tpobench.cli.app import app
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption
from tpobench.harness.errors import StoreLacks, UserError

if TYPE_CHECKING:
    from tpobench.harness.evaluation.leaderboard import LeaderboardRow


@app.command()
def leaderboard(
    benchmark: Annotated[str, typer.Option(help="Only this benchmark.")] = "",
    by_category: Annotated[bool, typer.Option("--by-category", help="Win rates by category.")] = False,
    categories: Annotated[
        str, typer.Option(help="With --by-category: data (the benchmark's own), category or complexity (assigned).")
    ] = "data",
    published: Annotated[
        Path | None, typer.Option(help="AlpacaEval's leaderboard.csv, to show its figures beside yours.")
    ] = None,
    sort: Annotated[str, typer.Option(help="The figure to sort by.")] = "win_rate",
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """List every evaluated model, with intervals.

    Official figures stand beside ours. Of several evaluations with the same benchmark, judge, models and modes, the
    newest counts.

    Example: tpobench leaderboard --benchmark alpaca_eval --by-category
    """
    from tpobench.harness.evaluation import leaderboard as boards
    from tpobench.harness.store.store import Store

    with Store(store, read_only=True) as opened:
        rows = boards.leaderboard(opened, benchmark, sort)
        if categories in ("category", "complexity"):
            rows = boards.recategorised(opened, rows, categories)
        elif categories != "data":
            raise UserError(f"--categories is data, category or complexity, not {categories!r}")
    if published is not None:
        rows = boards.beside_published(rows, published)
    if as_json:
        print_json([vars(row) for row in rows])
        return
    if not rows:
        where = f" on {benchmark}" if benchmark else ""
        raise StoreLacks(store, f"{store} holds no evaluation{where}", "run tpobench eval")
    from rich.console import Console

    console = Console(width=None if Console().is_terminal else 200, highlight=False)
    for name in dict.fromkeys(row.benchmark for row in rows):
        shown = [row for row in rows if row.benchmark == name]
        console.print(_category_table(name, shown) if by_category else _table(name, shown))


def _table(name: str, rows: "list[LeaderboardRow]") -> Any:
    from rich.table import Table
    from rich.text import Text

    from tpobench.harness.evaluation.leaderboard import figures_of
    from tpobench.harness.models.modes import in_mode

    figures = figures_of(name, rows)
    several = len({row.against for row in rows}) > 1
    table = Table(
        "model",
        *["baseline"] * several,
        "n",
        *(title for _, title in figures),
        "chars",
        "notes",
        title=name,
        caption="* by the official method; intervals are 95%, over prompts",
        caption_justify="left",
    )
    for row in rows:
        notes = [*row.notes]
        missing = row.value("missing")
        if missing:
            notes.append(f"{100 * missing:.1f}% without verdict")
        n = f"{row.prompts}" if row.rows in (None, row.prompts) else f"{row.prompts} of {row.rows}"
        chars = row.value("response_chars")
        table.add_row(
            Text(in_mode(row.model, row.mode)),
            *[Text(row.against)] * several,
            n,
            *(_points(row.metrics.get(key)) for key, _ in figures),
            "" if chars is None else f"{chars:.0f}",
            Text("; ".join(notes)),
        )
    return table


def _category_table(name: str, rows: "list[LeaderboardRow]") -> Any:
    from rich.table import Table
    from rich.text import Text

    from tpobench.harness.models.modes import in_mode

    names = sorted({category for row in rows for category in row.categories})
    several = len({row.against for row in rows}) > 1
    title = f"{name}: win rate by category, % (fewer than 30 prompts in brackets)"
    table = Table("model", *["baseline"] * several, *names, title=title)
    for row in rows:
        cells = []
        for category in names:
            figure = row.categories.get(category)
            cell = _points(figure)
            cells.append(f"({cell})" if figure is not None and figure["n"] < 30 else cell)
        table.add_row(Text(in_mode(row.model, row.mode)), *[Text(row.against)] * several, *cells)
    return table


def _points(figure: Any) -> str:
    if figure is None or figure["value"] is None:
        return ""
    value = f"{100 * figure['value']:.2f}"
    return value if figure["low"] is None else f"{value} ({100 * figure['low']:.1f}, {100 * figure['high']:.1f})"
