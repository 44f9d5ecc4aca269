"""The answer to a query in the terminal."""

from collections.abc import Iterable, Sequence

from rich.table import Column, Table
from rich.text import Text


def query_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """The rows as they are, a column for each of the query's."""
    table = Table(*(Column(Text(name)) for name in columns))
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    return table
