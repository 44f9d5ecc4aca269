"""The command that brings official files into the store: import."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options.evaluation import DataOption
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption
from tpobench.harness.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tpobench.benchmarks.alpaca_eval.files import Imported
    from tpobench.harness.store.store import Store
from tpobench.cli.options.official import FormatArgument, require_format


@app.command("import")
def import_files(
    kind: FormatArgument,
    path: Annotated[Path, typer.Argument(help="A folder of official files, or one file.")],
    data: DataOption = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Import official outputs and judgments.

    All figures are computed from the files, without an API key or a call. AlpacaEval: model_outputs.json and
    annotations.json of any number of models. Arena-Hard: model_answer and model_judgment files. lm_eval:
    results_*.json.

    Example: tpobench import alpaca_eval results/ --data official-files/
    """
    quiet_libraries()
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

    require_format(kind)
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
