"""Commands about the promoted checkpoint: champion show, history, rollback."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait
from tpobench.cli.options.without_effect import refuse_options
from tpobench.harness.errors import StoreLacks

if TYPE_CHECKING:
    from tpobench.harness.gate.champion import Champion

champion_app = typer.Typer(
    help="Show or roll back the promoted checkpoint.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(champion_app, name="champion")

FileOption = Annotated[
    Path | None, typer.Option("--file", help="The champion's file; default: champion.json beside the store.")
]


@champion_app.command()
def show(
    *, context: typer.Context, store: StoreOption = DEFAULT_STORE, file: FileOption = None, as_json: JsonOption = False
) -> None:
    """Show the champion, and when and why it was promoted.

    Example: tpobench champion show --store results.duckdb
    """
    if file is not None:
        refuse_options(context, ["store"], "with --file, which names the champion's file itself")
    champion = _current(store, file)
    if as_json:
        print_json(vars(champion))
        return
    from tpobench.reports.formats.terminal.champion import champion_lines

    print("\n".join(champion_lines(champion)))


@champion_app.command()
@may_wait
def history(store: StoreOption = DEFAULT_STORE, file: FileOption = None, as_json: JsonOption = False) -> None:
    """List every promotion and rollback in this store.

    Example: tpobench champion history --store results.duckdb
    """
    from tpobench.harness.gate.champion import history as moves
    from tpobench.harness.store.store import Store
    from tpobench.reports.formats.terminal.champion import history_table
    from tpobench.reports.formats.terminal.console import show as show_table

    with Store(store, read_only=True) as opened:
        promotions = moves(opened, _file(store, file))
    if as_json:
        print_json([vars(move) for move in promotions])
        return
    show_table(history_table(promotions))


@champion_app.command()
@may_wait
def rollback(
    store: StoreOption = DEFAULT_STORE,
    file: FileOption = None,
    why: Annotated[str, typer.Option(help="A reason, stored with the rollback.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Return to the previous champion.

    Run again, it returns to the one before that.

    Example: tpobench champion rollback --store results.duckdb --why "users complain"
    """
    from tpobench.harness.gate.champion import rollback as back
    from tpobench.harness.store.store import Store

    _current(store, file)  # before a store is made where there is nothing to go back from
    with Store(store) as opened:
        champion = back(opened, _file(store, file), why)
    if as_json:
        print_json(vars(champion))
    else:
        print(f"champion  {champion.name}, in {_file(store, file)}")


def _current(store: Path, file: Path | None) -> "Champion":
    from tpobench.harness.gate.champion import current

    champion = current(_file(store, file))
    if champion is None:
        problem = f"there is no champion in {_file(store, file)} yet"
        raise StoreLacks(store, problem, "tpobench gate --promote makes one")
    return champion


def _file(store: Path, file: Path | None) -> Path:
    from tpobench.harness.gate.champion import champion_file

    return file or champion_file(store)
