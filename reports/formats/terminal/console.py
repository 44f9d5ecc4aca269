"""Where tables are printed to."""

from rich.console import RenderableType
from rich.text import Text

from tpobench.harness.escaping import spelled_out
from tpobench.harness.progress import CleanConsole

PIPE_WIDTH = 200
"""Of a wide table where no terminal gives a width: in a pipe or a file nothing is to be cut off."""


def cell(value: object) -> Text:
    """A value as a cell, a title or a caption: text in which nothing is markup or unseen."""
    return Text(spelled_out(str(value)))


def show(*renderables: RenderableType, wide: bool = False) -> None:
    """Print tables to standard output.

    Args:
        renderables: The tables, one under the other.
        wide: The tables have many columns; where no terminal gives a width they get `PIPE_WIDTH`.
    """
    console = CleanConsole()
    if wide and not console.is_terminal:
        console = CleanConsole(width=PIPE_WIDTH)
    for renderable in renderables:
        console.print(renderable)
