"""The command that queries the store: sql."""

import itertools
from collections.abc import Sequence
from typing import Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption, may_wait


@app.command()
@may_wait
def sql(
    query: Annotated[str, typer.Argument(help="Any SELECT; SHOW TABLES lists what there is.")],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Query the store in SQL.

    The query can read the store alone: it changes nothing, and no other file is within its reach.

    Example: tpobench sql "SELECT prompt.text, response FROM output JOIN prompt USING (text_key) LIMIT 3"
    """
    from tpobench.harness.store.query import query_store
    from tpobench.reports.formats.terminal.console import show
    from tpobench.reports.formats.terminal.query import query_table

    result = query_store(store, query)
    if as_json:
        names = _told_apart(result.columns)
        print_json([dict(zip(names, row, strict=True)) for row in result.rows])
        return
    show(query_table(result.columns, result.rows), wide=True)


def _told_apart(columns: Sequence[str]) -> list[str]:
    """The names of the columns; of those that several have, each after the first has its number behind it."""
    names: list[str] = []
    for column in columns:
        same = (column if number == 1 else f"{column}_{number}" for number in itertools.count(1))
        names.append(next(name for name in same if name not in names))
    return names
