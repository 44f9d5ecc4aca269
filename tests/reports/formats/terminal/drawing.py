"""Tables as a terminal shows them."""

import io

from rich.console import Console, RenderableType


def drawn(*tables: RenderableType, width: int = 120) -> list[str]:
    """The lines of the tables, one under the other."""
    file = io.StringIO()
    console = Console(file=file, width=width, highlight=False)
    for table in tables:
        console.print(table)
    return file.getvalue().splitlines()
