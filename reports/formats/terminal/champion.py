"""The champion in the terminal."""

from collections.abc import Iterable

from rich.table import Table

from tpobench.harness.gate.champion import Champion
from tpobench.reports.formats.terminal.console import cell


def champion_lines(champion: Champion) -> list[str]:
    """Who the champion is, since when and why."""
    return [
        f"{champion.name} ({champion.mode})",
        f"  folder     {champion.folder}",
        f"  {champion.action:<9}  {champion.moved_at}",
        f"  by         {champion.who}",
        f"  why        {champion.why or '-'}",
        f"  policy     {champion.policy_key}",
    ]


def history_table(moves: Iterable[Champion]) -> Table:
    """Every promotion and rollback, the first one first."""
    table = Table("", "", "model", "mode", "when", "who", "why")
    for move in moves:
        cells = (move.sequence, move.action, move.name, move.mode, move.moved_at, move.who, move.why)
        table.add_row(*(cell(value) for value in cells))
    return table
