"""Tables of shares that must keep a bound, and how many draws they rest on."""

from collections.abc import Callable, Sequence, Sized
from dataclasses import dataclass, field

Draw = Callable[[int, int], int]
"""How many of so many gates (second argument) err in the draw of a seed (first argument)."""

AGAIN = 8
"""A share beyond its bound is drawn again with so many times the gates; the second draw counts. Of a hundred shares
that lie exactly on their bound, two would be beyond it by chance in the first."""


@dataclass(frozen=True)
class Size:
    """How much is simulated: prompts for each cell, about, and whether only a few rows are."""

    drawn: int = 4_000_000
    quick: bool = False

    def gates(self, prompts: int, most: int = 10_000) -> int:
        """Gates of so many prompts, for one cell."""
        return max(5 if self.quick else 100, min(most, self.drawn // prompts))

    def some(self, rows: Sized) -> slice:
        """Which of the rows are drawn: all, or three of them at most."""
        return slice(None, None, -(-len(rows) // 3) if self.quick else None)


@dataclass
class Bounded:
    """Collects the cells of a table, and names those beyond their bounds."""

    title: str
    cells: int = 0
    beyond: list[str] = field(default_factory=list)

    def error(self, where: str, draw: Draw, gates: int, alpha: float) -> str:
        """The share of gates that err, as a cell: at most alpha + 2 binomial standard errors."""
        self.cells += 1
        for factor in (1, AGAIN):
            asked = gates * factor
            share = draw(factor, asked) / asked
            limit = alpha + 2 * (alpha * (1 - alpha) / asked) ** 0.5
            if share <= limit:
                return f"{share:.2%}"
        self.beyond.append(f"{where}: {share:.2%} of {asked:,}, bound {limit:.2%}")
        return f"**{share:.2%}**"

    def coverage(self, where: str, misses: Draw, gates: int, level: float) -> str:
        """The share of intervals that hold the truth, as a cell: at least the level less one point."""
        self.cells += 1
        for factor in (1, AGAIN):
            asked = gates * factor
            share = 1 - misses(factor, asked) / asked
            if share >= level - 0.01:
                return f"{share:.1%}"
        self.beyond.append(f"{where}: covers {share:.1%} of {asked:,}")
        return f"**{share:.1%}**"

    def conclude(self) -> None:
        """Says how many cells keep their bounds, and which do not."""
        print(f"\n{self.title}: {self.cells - len(self.beyond)} of {self.cells} cells keep their bound.", end="")
        print("".join(f"\n- beyond: {cell}" for cell in self.beyond), "\n", sep="", flush=True)


def heading(title: str, columns: Sequence[str]) -> None:
    print(f"## {title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def row(*cells: object) -> None:
    print(f"| {' | '.join(map(str, cells))} |", flush=True)


def points(share: float) -> str:
    return f"{100 * share:.1f}"
