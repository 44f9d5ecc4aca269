"""Commands that bring official files in and out, and that list what the store knows: import, export, leaderboard."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tpobench.cli.app import DEFAULT_STORE, JsonOption, StoreOption, app, print_json, quiet_libraries
from tpobench.cli.options_evaluation import DataOption
from tpobench.harness.errors import StoreLacks, UserError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tpobench.benchmarks.alpaca_eval.files import Imported
    from tpobench.harness.evaluation.leaderboard import LeaderboardRow
    from tpobench.harness.store.store import Store

FORMATS = ["alpaca_eval", "arena_hard_v0.1", "arena_hard_v2.0", "lm_eval"]

FormatArgument = Annotated[str, typer.Argument(help="alpaca_eval, arena_hard_v0.1, arena_hard_v2.0 or lm_eval.")]


@app.command("import")
def import_files(
    kind: FormatArgument,
    path: Annotated[Path, typer.Argument(help="A folder of official files, or one file.")],
    data: DataOption = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Bring official outputs and judgments into the store, with all figures computed: no key, no call.

    AlpacaEval: model_outputs.json and annotations.json of any number of models. Arena-Hard: model_answer and
    model_judgment files. lm_eval: results_*.json.

    Example: tpobench import alpaca_eval results/ --data official-files/
    """
    quiet_libraries()
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

    _require_format(kind)
    if not path.exists():
        raise UserError(f"there is no {path}; check the path")
    reporter = Progress(quiet=as_json)
    came: list[dict[str, Any]] = []
    with Store(store) as opened, reporter.importing(f"importing {kind}") as progress:
        for found in _importer(kind)(opened, path, data or _beside(kind, path)):
            came.append(vars(found))
            progress(found.model)
    if as_json:
        print_json(came)
        return
    judged = [found for found in came if found["evaluation"] is not None]
    print(f"{len(came)} models, {len(judged)} of them with judgments; store {store}")
    only = "" if kind == "lm_eval" else f" --benchmark {kind}"
    print(f"Try next: tpobench leaderboard{only} --store {store}")


def _importer(kind: str) -> Any:
    if kind == "alpaca_eval":
        from tpobench.benchmarks.alpaca_eval.data import load
        from tpobench.benchmarks.alpaca_eval.files import import_alpaca, importable

        return lambda store, path, data: importable(path) and import_alpaca(store, path, load(data))
    if kind == "lm_eval":
        return lambda store, path, data: _lm_eval_results(store, path)
    from tpobench.benchmarks.arena_hard.files import import_arena

    return lambda store, path, data: import_arena(store, kind, path, data)


def _lm_eval_results(store: "Store", path: Path) -> "Iterator[Imported]":
    """Every ``results_*.json`` under the path."""
    from tpobench.benchmarks.alpaca_eval.files import Imported
    from tpobench.benchmarks.lm_eval.files import import_results

    files = [path] if path.is_file() else sorted(path.rglob("results*.json"))
    if not files:
        raise UserError(f"{path} holds no results_*.json to import")
    for file in files:
        for evaluation in import_results(store, file):
            yield Imported(file.stem, 0, evaluation)


def _export_lm_eval(store: "Store", model: str, out: Path) -> Path:
    from tpobench.benchmarks.lm_eval.files import export_results

    query = (
        "SELECT evaluation_key FROM evaluation JOIN model ON model_key = candidate "
        "WHERE starts_with(benchmark, 'lm_eval/') AND (name = ? OR starts_with(candidate, ?))"
    )
    keys = [row[0] for row in store.sql(query, [model, model])[1]]
    if not keys:
        raise UserError(f"the store holds no lm_eval results of {model!r}; tpobench leaderboard lists what there is")
    out.mkdir(parents=True, exist_ok=True)
    path = out / "results_tpobench.json"
    export_results(store, keys, path)
    return path


_OWN_FILES = {
    "alpaca_eval": ("instructions.parquet", "alpaca_eval_gpt4_baseline.json"),
    "arena_hard_v0.1": ("v01_question.jsonl", "data/arena-hard-v0.1"),
    "arena_hard_v2.0": ("v2_question.jsonl", "data/arena-hard-v2.0"),
}


def _beside(kind: str, path: Path) -> Path | None:
    """The folder, or one up to two above it, that holds the benchmark's own files too."""
    folder = path if path.is_dir() else path.parent
    for place in (folder, folder.parent, folder.parent.parent):
        if any((place / name).exists() for name in _OWN_FILES.get(kind, ())):
            return place
    return None


@app.command()
def export(
    kind: FormatArgument,
    model: Annotated[str, typer.Option(help="The model's name, or the beginning of its fingerprint.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write to.")] = Path("export"),
    data: DataOption = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Write a model's answers and judgments as the official tools do, for them to read.

    Example: tpobench export alpaca_eval --model my-model --out results/my-model
    """
    from tpobench.harness.store.store import Store

    _require_format(kind)
    with Store(store, read_only=True) as opened:
        if kind == "alpaca_eval":
            from tpobench.benchmarks.alpaca_eval.files import export_annotations, export_leaderboard, export_outputs
            from tpobench.harness.evaluation.leaderboard import leaderboard

            written = [
                export_outputs(opened, model, out),
                export_annotations(opened, model, out),
                export_leaderboard([vars(row) for row in leaderboard(opened, kind)], out / "leaderboard.csv"),
            ]
        elif kind == "lm_eval":
            written = [_export_lm_eval(opened, model, out)]
        else:
            from tpobench.benchmarks.arena_hard.files import export_arena

            written = export_arena(opened, kind, model, out, data)
    if as_json:
        print_json([str(path) for path in written])
    else:
        for path in written:
            print(path)


@app.command()
def leaderboard(
    benchmark: Annotated[str, typer.Option(help="Of this benchmark only.")] = "",
    by_category: Annotated[bool, typer.Option("--by-category", help="Win rates by category.")] = False,
    categories: Annotated[
        str, typer.Option(help="Those of the data, or assigned ones: data, category, complexity.")
    ] = "data",
    published: Annotated[Path | None, typer.Option(help="AlpacaEval's leaderboard.csv, to show beside.")] = None,
    sort: Annotated[str, typer.Option(help="The figure to sort by.")] = "win_rate",
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Every evaluated model: official figures, and the honest interval beside them. Of evaluations with the same
    benchmark, judge, models and modes, the newest counts.

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
        "model", *["baseline"] * several, "n", *(title for _, title in figures), "chars", "notes", title=name,
        caption="* by the official method; intervals are 95%, over prompts", caption_justify="left",
    )  # fmt: skip
    for row in rows:
        notes = [*row.notes]
        missing = row.value("missing")
        if missing:
            notes.append(f"{100 * missing:.1f}% without verdict")
        n = f"{row.prompts}" if row.rows in (None, row.prompts) else f"{row.prompts} of {row.rows}"
        chars = row.value("response_chars")
        table.add_row(
            Text(in_mode(row.model, row.mode)), *[Text(row.against)] * several, n,
            *(_points(row.metrics.get(key)) for key, _ in figures), "" if chars is None else f"{chars:.0f}",
            Text("; ".join(notes)),
        )  # fmt: skip
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


def _require_format(kind: str) -> None:
    if kind not in FORMATS:
        raise UserError(f"unknown format {kind!r}; {did_you_mean(kind, FORMATS)}")
