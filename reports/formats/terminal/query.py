"""The answer to a query in the terminal."""

from collections.abc import Iterable, Sequence

from rich.table import Column, Table

from tpobench.reports.formats.terminal.console import cell


def query_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """The rows as they are, a column for each of the query's."""
    table = Table(*(Column(cell(name)) for name in columns))
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    return table
