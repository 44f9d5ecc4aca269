"""The command that queries the store: sql."""

import sys
from typing import Annotated

import typer

from tpobench.cli.app import app
from tpobench.cli.options.output import JsonOption, print_json
from tpobench.cli.options.store import DEFAULT_STORE, StoreOption
from tpobench.harness.errors import UserError


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="Any SELECT; SHOW TABLES lists what there is.")],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Query the store in SQL.

    The store is opened for reading only.

    Example: tpobench sql "SELECT prompt.text, response FROM output JOIN prompt USING (text_key) LIMIT 3"
    """
    import duckdb

    from tpobench.harness.store.store import Store

    with Store(store, read_only=True) as opened:
        try:
            columns, rows = opened.sql(query)
        except duckdb.Error as error:
            raise UserError(f"the query fails: {str(error).strip().splitlines()[0]}") from error
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(*columns)
    for row in rows:
        drawn.add_row(*(Text(str(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else 200).print(drawn)
