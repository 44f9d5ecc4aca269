"""Arena-Hard's bootstrap: its speed, the published score, what intervals cover: python tests/bench/arena.py [folder].

The folder holds v01_judgments.parquet and v01_leaderboard_20240731.csv; without it that row is left out.
"""

import csv
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from tests.data import DATA
from tpobench.benchmarks.arena_hard.labels import Vote, vote
from tpobench.benchmarks.arena_hard.scores import prompt_sums, score_v01, score_v2
from tpobench.harness.stats.bootstrap import prompt_bootstrap

FOLDER = DATA / "arena_hard"
MODEL = "gpt-3.5-turbo-0125"
LABELS = ("A>>B", "A>B", "A=B", "B>A", "B>>A")
SIMULATIONS = 2000
PROMPTS = 250


def speed() -> tuple[float, float]:
    """Median and slowest seconds of five runs of 10,000 bootstraps of 50 models with 750 prompts."""
    values = np.random.default_rng(0).random((50, 750))
    taken = []
    for _ in range(5):
        started = time.monotonic()
        prompt_bootstrap(values, np.ones_like(values), repeats=10_000)
        taken.append(time.monotonic() - started)
    return statistics.median(taken), max(taken)


def official(folder: Path) -> tuple[float, str]:
    """Our score of the official judgments, and the published one; in percent."""
    from pyarrow import parquet

    rows = parquet.read_table(folder / "v01_judgments.parquet").to_pylist()
    games = [(vote(row["score_game1"], False), vote(row["score_game2"], True)) for row in rows if row["model"] == MODEL]
    with (folder / "v01_leaderboard_20240731.csv").open(encoding="utf-8", newline="") as lines:
        published = next(row["score"] for row in csv.DictReader(lines) if row["model"] == MODEL)
    return 100 * score_v01(games).score, published


def coverage() -> dict[str, tuple[float, float]]:
    """How often the nominal 90% interval holds the true score, and its mean width in points.

    The two games of a prompt mostly agree, since the prompt decides; the truth is 50 by symmetry.
    """
    random = np.random.default_rng(1)
    hits: dict[str, list[bool]] = {"votes": [], "prompts": []}
    widths: dict[str, list[float]] = {"votes": [], "prompts": []}
    for number in range(SIMULATIONS):
        levels = np.digitize(
            random.normal(size=(PROMPTS, 1)) + 0.3 * random.normal(size=(PROMPTS, 2)), [-1, -0.3, 0.3, 1]
        )
        games: list[list[Vote | None]] = [[vote(LABELS[level], False) for level in pair] for pair in levels]
        found = score_v2(games, seed=number)
        own = prompt_bootstrap(*prompt_sums(games, whole_only=True), repeats=500, seed=number, confidence=0.9)
        for name, low, high in (("votes", found.low, found.high), ("prompts", own.low[0], own.high[0])):
            hits[name].append(bool(low <= 0.5 <= high))
            widths[name].append(100 * (high - low))
    return {name: (statistics.mean(hits[name]), statistics.mean(widths[name])) for name in hits}


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    print("| measure | value |\n|---|---|")
    median, slowest = speed()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"| 10,000 bootstraps x 50 models x 750 prompts | {median:.2f} s (slowest of 5: {slowest:.2f} s) |")
    print(f"| peak memory of the process | {memory:.0f} MB |", flush=True)
    if (folder / "v01_judgments.parquet").is_file():
        ours, published = official(folder)
        print(f"| {MODEL}, v0.1, official judgments | {ours:.2f} (published {published}) |")
    for name, (share, width) in coverage().items():
        error = (share * (1 - share) / SIMULATIONS) ** 0.5
        print(f"| nominal 90%, bootstrap over {name} | covers {share:.1%} +- {error:.1%}, {width:.1f} points wide |")
    print(f"\n{SIMULATIONS} simulations of {PROMPTS} prompts with two games each.")


if __name__ == "__main__":
    main()
