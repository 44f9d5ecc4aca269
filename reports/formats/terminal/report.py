"""A report's first screen in the terminal."""

from rich.table import Table
from rich.text import Text

from tpobench.reports.content import Content
from tpobench.reports.formats.escaping import logged


def report_table(content: Content) -> Table:
    """Verdict, headline figures and warnings."""
    conclusion = content.verdict
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row(Text(conclusion.badge, "bold"), logged(conclusion.sentence))
    for sentence in conclusion.more:
        table.add_row("", logged(sentence))
    for headline in conclusion.headlines:
        table.add_row(headline.figure, logged(f"{headline.label}  {headline.reach}"))
    for warning in conclusion.warnings:
        table.add_row(Text("warning", "yellow"), logged(warning))
    return table
