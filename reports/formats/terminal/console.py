"""Where tables are printed to."""

from rich.console import Console, RenderableType

PIPE_WIDTH = 200
"""Of a wide table where no terminal gives a width: in a pipe or a file nothing is to be cut off."""


def show(*renderables: RenderableType, wide: bool = False) -> None:
    """Print tables to standard output.

    Args:
        renderables: The tables, one under the other.
        wide: The tables have many columns; where no terminal gives a width they get `PIPE_WIDTH`.
    """
    console = Console(highlight=False)
    if wide and not console.is_terminal:
        console = Console(width=PIPE_WIDTH, highlight=False)
    for renderable in renderables:
        console.print(renderable)
