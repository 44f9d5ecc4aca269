"""The command that brings official files into the store: import."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from tpobench.cli.app import app, quiet_libraries
from tpobench.cli.options.evaluation import DataOption
from tpobench.cli.options.official import KindArgument, official_files
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.registered import FilesCommand
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_options
from tpobench.cli.program import program
from tpobench.harness.errors import UserError


@app.command("import", cls=FilesCommand)
@may_wait
def import_files(
    *,
    context: typer.Context,
    kind: KindArgument,
    path: Annotated[Path, typer.Argument(help="A folder of official files, or one file.")],
    data: DataOption = None,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Import official outputs and judgments.

    All figures are computed from the files, without an API key or a call.

    Example: tpobench import alpaca_eval results/ --data official-files/
    """
    quiet_libraries()
    from tpobench.harness.evaluation.registry import declarations
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

    files = official_files(kind)
    if not files.own_files:
        refuse_options(context, ["data"], f"with {kind}, whose files need no others")
    if not path.exists():
        raise UserError(f"there is no {path}; check the path")
    progress = Progress(quiet=as_json)
    models: list[dict[str, Any]] = []
    with Store(store) as opened, progress.importing(f"importing {kind}") as advance:
        for model in files.import_files(opened, path, data or _data_folder(path, files.own_files)):
            models.append(vars(model))
            if model.evaluation is not None:
                asked = {"kind": kind, "path": str(path)} | ({} if data is None else {"data": str(data)})
                opened.add_request(model.evaluation, "import", asked)
            advance(model.model)
    if as_json:
        print_json(models)
        return
    judged = [model for model in models if model["evaluation"] is not None]
    print(f"{len(models)} models, {len(judged)} of them with judgments; store {store}")
    only = "" if declarations()[kind].argument else f" --benchmark {kind}"
    print(f"Try next: {program()} leaderboard{only} --store {store}")


def _data_folder(path: Path, own_files: Sequence[str]) -> Path | None:
    """The folder, or one up to two above it, that holds the benchmark's own files too."""
    folder = path if path.is_dir() else path.parent
    for candidate in (folder, folder.parent, folder.parent.parent):
        if any((candidate / name).exists() for name in own_files):
            return candidate
    return None
