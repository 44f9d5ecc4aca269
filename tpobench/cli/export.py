"""The command that writes official files: export."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options.evaluation import DataOption
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption
from tpobench.harness.errors import UserError

if TYPE_CHECKING:
    from tpobench.harness.store.store import Store
from tpobench.cli.options.official import FormatArgument, require_format


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


@app.command()
def export(
    kind: FormatArgument,
    model: Annotated[str, typer.Option(help="The model's name, or the beginning of its fingerprint.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write to.")] = Path("export"),
    data: DataOption = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Write a model's results as official files.

    The official tools of the benchmark read them.

    Example: tpobench export alpaca_eval --model my-model --out results/my-model
    """
    from tpobench.harness.store.store import Store

    require_format(kind)
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
