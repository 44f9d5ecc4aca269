"""The answer to a query in the terminal."""

from tests.reports.formats.terminal.drawing import drawn
from tpobench.reports.formats.terminal.query import query_table


def test_brackets_are_text_and_no_style() -> None:
    text = " ".join(drawn(query_table(["[bold]name[/]"], [("[red]x[/red]",), (None,)])))
    assert "[bold]name[/]" in text
    assert "[red]x[/red]" in text
    assert "None" in text
