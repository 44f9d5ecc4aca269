"""The command that writes reports: report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options import idle
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import STORE_HELP, default_store, may_wait
from tpobench.cli.options.without_effect import refuse_idle
from tpobench.harness.errors import UserError

if TYPE_CHECKING:
    from tpobench.harness.store.store import Store
    from tpobench.reports.content import Content


@app.command()
@may_wait
def report(
    *,
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(help="The folder of a run: without --store, FOLDER/store.duckdb is the store.")
    ] = None,
    store: Annotated[Path | None, typer.Option("--store", help=STORE_HELP)] = None,
    run: Annotated[str, typer.Option(help="A run by name; default: the newest.")] = "",
    models: Annotated[
        list[str] | None, typer.Option(help="A model by name or fingerprint, or 'all'; may be given several times.")
    ] = None,
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(help="Two models side by side: names, NAME@MODE, thought/1 of a run, or runs."),
    ] = None,
    benchmark: Annotated[str, typer.Option(help="With --models: of this benchmark only.")] = "",
    published: Annotated[
        Path | None, typer.Option(help="AlpacaEval's leaderboard.csv, to show its figures beside yours.")
    ] = None,
    paper_curve: Annotated[
        bool, typer.Option("--paper-curve", help="Draw the paper's curve beside the run's.")
    ] = False,
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Where to write; default: beside the store.")] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the report as Markdown and write no file.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write an HTML report of a run or of models.

    It is one file that opens without a network; the terminal shows a summary. Without --run, --models or --compare the
    report is about the newest run in the store, or about every model where the store holds no run.

    Example: tpobench report tpobench-runs/quickstart

    Example: tpobench report --store imported.duckdb --models all -o models.html

    Example: tpobench report tpobench-runs/quickstart --compare thought/1 direct/1 --markdown
    """
    from tpobench.harness.files import write_whole
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.html import render
    from tpobench.reports.formats.markdown import markdown as as_markdown
    from tpobench.reports.formats.terminal.console import show
    from tpobench.reports.formats.terminal.report import report_table

    if sum((bool(run), bool(models), compare is not None)) > 1:
        raise UserError("--run, --models and --compare are three kinds of report; give one of them")
    if benchmark and not models:
        raise UserError("--benchmark goes with --models: --models all --benchmark NAME")
    if markdown and (out is not None or as_json):
        raise UserError("--markdown prints and writes nothing; leave out -o and --json, or leave out --markdown")
    refuse_idle(context, idle.of_report(context.params))
    source = store or (default_store() if folder is None else folder / "store.duckdb")
    with Store(source, read_only=True) as opened:
        if compare is not None:
            content = _of_two(opened, *compare)
        else:
            content = _of_run_or_models(opened, run, models or [], benchmark, published, paper_curve)
    if markdown:
        print(as_markdown(content), end="")
        return
    path = out or source.parent / "report.html"
    if path.is_dir():
        raise UserError(f"{path} is a folder; name the file to write, for example {path / 'report.html'}")
    write_whole(path, render(content), option="-o")
    if as_json:
        print_json({"report": str(path), **content.as_json()})
        return
    show(report_table(content))
    print(path)


def _of_run_or_models(
    store: "Store", run: str, models: list[str], benchmark: str, published: Path | None, paper_curve: bool
) -> "Content":
    from tpobench.harness.store.runs import holds_a_run, run_named
    from tpobench.reports.content import of_models, of_run

    if models or not (run or holds_a_run(store)):
        if paper_curve:
            raise UserError(f"--paper-curve has no effect: {store.path} holds no run; leave it out")
        return of_models(store, [] if models == ["all"] else models, benchmark, published)
    return of_run(store, run_named(store, run), paper_curve, published)


def _of_two(store: "Store", first: str, second: str) -> "Content":
    from tpobench.harness.store.models import in_one_mode
    from tpobench.harness.store.runs import model_or_checkpoint
    from tpobench.reports.content import of_comparison

    ours, theirs = (in_one_mode(store, model_or_checkpoint(store, name)) for name in (first, second))
    return of_comparison(store, ours, theirs, (first, second))
