"""The command that writes official files: export."""

from pathlib import Path
from typing import Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options.evaluation import DataOption
from tpobench.cli.options.official import KindArgument, official_files
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.registered import FilesCommand
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_options


@app.command(cls=FilesCommand)
@may_wait
def export(
    *,
    context: typer.Context,
    kind: KindArgument,
    model: Annotated[str, typer.Option(help="The model's name, NAME@MODE, or the beginning of its fingerprint.")],
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

    files = official_files(kind)
    if not files.own_files:
        refuse_options(context, ["data"], f"with {kind}, whose files need no others")
    with Store(store, read_only=True) as opened:
        paths = files.export_files(opened, model, out, data)
    if as_json:
        print_json([str(path) for path in paths])
    else:
        for path in paths:
            print(path)
