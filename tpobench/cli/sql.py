"""Commands that look: sql, doctor."""

import sys
from typing import Annotated

import typer

from tpobench.cli.app import DEFAULT_STORE, JsonOption, StoreOption, app, print_json
from tpobench.harness.errors import Exit, UserError


@app.command()
def sql(
    query: Annotated[str, typer.Argument(help="Any SELECT; SHOW TABLES lists what there is.")],
    store: StoreOption = DEFAULT_STORE,
    as_json: JsonOption = False,
) -> None:
    """Ask the store in plain SQL. It is opened for reading only.

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


@app.command()
def doctor(as_json: JsonOption = False) -> None:
    """Tell what is installed, what is missing, and what it costs to have.

    Example: tpobench doctor
    """
    from tpobench.harness.doctor import diagnose

    findings = diagnose()
    if as_json:
        print_json([vars(finding) for finding in findings])
    else:
        for finding in findings:
            print(f"  {'ok' if finding.ok else 'MISSING':<8} {finding.name:<16} {finding.detail}")
    raise typer.Exit(Exit.DONE if all(finding.ok for finding in findings) else Exit.USAGE)
