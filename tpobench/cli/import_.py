"""The command that brings official files into the store: import."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from tpobench.harness.evaluation.declaration import ImportedModel, LeftOut

MOST_LINES = 20
"""So many of what was left out are listed; more are counted by kind, with an example of each."""

LEVELS_UP = 5
"""How far above the path the benchmark's own files are looked for."""


@app.command("import", cls=FilesCommand)
@may_wait
def import_files(
    *,
    context: typer.Context,
    kind: KindArgument,
    path: Annotated[Path, typer.Argument(help="A folder of official files, or one file.")],
    data: DataOption = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Name everything that was left out, however much it is.")
    ] = False,
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Import official outputs and judgments.

    All figures are computed from the files, without an API key or a call. What is good is imported. Files and rows that
    cannot be used are named at the end, and the exit code is then 2; what editors and systems leave in folders does not
    count.

    Example: tpobench import alpaca_eval results/ --data official-files/
    """
    quiet_libraries()
    from tpobench.harness.evaluation.declaration import LeftOut
    from tpobench.harness.evaluation.registry import declarations
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

    if as_json:
        refuse_options(context, ["verbose"], "with --json, which names everything in any case")
    files = official_files(kind)
    if not files.own_files:
        refuse_options(context, ["data"], f"with {kind}, whose files need no others")
    if not path.exists():
        raise UserError(f"there is no {path}; check the path")
    models: list[ImportedModel] = []
    left_out: list[LeftOut] = []
    with Store(store) as opened, Progress(quiet=as_json).importing(f"importing {kind}") as advance:
        came: ImportedModel | LeftOut
        for came in files.import_files(opened, path, data or _data_folder(path, files.own_files)):
            if isinstance(came, LeftOut):
                left_out.append(came)
            else:
                models.append(came)
                advance(came.model)
        asked = {"kind": kind, "path": str(path)} | ({} if data is None else {"data": str(data)})
        opened.add_requests([model.evaluation for model in models if model.evaluation is not None], "import", asked)
    if as_json:
        print_json([*map(vars, models), *map(vars, left_out)])
    else:
        _print_summary(models, store)
        only = "" if declarations()[kind].argument else f" --benchmark {kind}"
        if models:
            print(f"Try next: {program()} leaderboard{only} --store {store}")
        for line in _lines(left_out, verbose):
            print(line)
    if left_out:
        rest = "everything else was imported" if models else "nothing was imported"
        raise UserError(f"{_counted(left_out)}{left_out[0]}; {rest}")


def _counted(left_out: "Sequence[LeftOut]") -> str:
    """How much was left out, where it is more than one thing."""
    if len(left_out) == 1:
        return ""
    files = len({odd.file for odd in left_out})
    where = "" if files == len(left_out) else f" in {files:,} files" if files > 1 else " of one file"
    return f"{len(left_out):,} {'rows' if files == 1 else 'files or rows'}{where} could not be used, the first: "


def _print_summary(models: "Sequence[ImportedModel]", store: Path) -> None:
    judged = {model.model for model in models if model.evaluation is not None}
    print(f"{len({model.model for model in models}):,} models, {len(judged):,} of them with figures; store {store}")
    empty, missing = sum(model.empty for model in models), sum(model.missing for model in models)
    if empty:
        print(f"{empty:,} answers are null or empty: they were judged as empty answers.")
    short = [f"{model.model} {model.prompts:,} of {model.rows:,}" for model in models if _is_short(model)]
    if short:
        more = f", and {len(short) - 3:,} more" if len(short) > 3 else ""
        print(f"On fewer prompts than the benchmark has: {', '.join(short[:3])}{more}.")
    if missing:
        print(f"{missing:,} judgments have no verdict: they count as missing, not as lost.")


def _is_short(model: "ImportedModel") -> bool:
    return model.rows is not None and model.prompts < model.rows


def _lines(left_out: "Sequence[LeftOut]", verbose: bool) -> list[str]:
    """What to print of what was left out."""
    if not left_out:
        return []
    lines = [f"Left out, {len(left_out):,}:"]
    if verbose or len(left_out) <= MOST_LINES:
        return lines + [f"  {odd}" for odd in left_out]
    kinds: dict[str, list[LeftOut]] = {}
    for odd in left_out:
        kinds.setdefault(re.sub(r"'.*?'|\".*?\"|[\d,.]+|/\S+", "", odd.problem), []).append(odd)
    for group in kinds.values():
        more = f" ({len(group):,} of this kind)" if len(group) > 1 else ""
        lines.append(f"  {group[0]}{more}")
    return [*lines, "--verbose names all of them."]


def _data_folder(path: Path, own_files: Sequence[str]) -> Path | None:
    """The folder, or one above it, that holds the benchmark's own files too."""
    folder = (path if path.is_dir() else path.parent).absolute()
    for candidate in (folder, *folder.parents[:LEVELS_UP]):
        if any((candidate / name).exists() for name in own_files):
            return candidate
    return None
