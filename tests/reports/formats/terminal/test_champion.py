"""The champion in the terminal."""

from tests.reports.formats.terminal.drawing import drawn
from tpobench.harness.gate.champion import Champion
from tpobench.reports.formats.terminal.champion import champion_lines, history_table

CHAMPION = Champion(
    model="f" * 32,
    name="new",
    folder="/models/new",
    mode="direct",
    decision="d",
    policy_key="p",
    why="",
    sequence=1,
    action="promote",
    who="somebody",
    moved_at="2026-01-01",
)


def test_who_since_when_and_why() -> None:
    name, *rest = champion_lines(CHAMPION)
    assert name == "new (direct)"
    assert "  promote    2026-01-01" in rest
    assert "  why        -" in rest, "no reason was given"


def test_a_row_a_move() -> None:
    (row,) = (line for line in drawn(history_table([CHAMPION])) if line.startswith("│ "))
    assert [cell.strip() for cell in row.strip("│").split("│")[:3]] == ["1", "promote", "new"]
