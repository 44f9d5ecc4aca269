"""Arena-Hard: its speed, the published score, what its intervals cover: python tests/bench/arena.py [folder] [worlds].

The folder holds v01_judgments.parquet and v01_leaderboard_20240731.csv; without it that row is left out. `worlds` is
how many samples each coverage is of.
"""

import csv
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from tests.benchmarks.arena_hard.styled import styled
from tests.data import DATA
from tpobench.benchmarks.arena_hard.equal_style import StyledPrompts, equal_style, equal_style_difference
from tpobench.benchmarks.arena_hard.labels import Vote, vote
from tpobench.benchmarks.arena_hard.pooled_style import pooled_style_controlled
from tpobench.benchmarks.arena_hard.scores import prompt_sums, score_v01
from tpobench.harness.stats.intervals import mean_interval

FOLDER = DATA / "arena_hard"
MODEL = "gpt-3.5-turbo-0125"
LABELS = ("A>>B", "A>B", "A=B", "B>A", "B>>A")
SIZES = (10, 50, 250, 500)
STRENGTHS = (-1.9, -1.1, 0.0, 1.1, 1.9)
"""Of models that score 2, 10, 50, 90 and 98%, about."""
STYLES = ((0.0, 0.0), (0.0, 1.0), (1.5, 1.0), (-3.0, 0.5), (4.0, 0.5))
"""Log-odds at equal style, and how much longer the answers are, in standard deviations."""
LARGE = 300_000


def speed(models: int = 20, prompts: int = 750) -> dict[str, float]:
    """Seconds of an interval of 1,000 refits, and of the official fit over many models."""
    everyone = [styled(prompts, strength=0, longer=0.5, seed=seed) for seed in range(models)]
    started = time.monotonic()
    equal_style(everyone[0])
    one = time.monotonic() - started
    started = time.monotonic()
    pooled_style_controlled(
        np.repeat(np.arange(models), prompts),
        np.concatenate([model.outcomes for model in everyone]),
        np.concatenate([model.weights for model in everyone]),
        np.concatenate([model.differences for model in everyone]),
    )
    return {
        f"style control of a model, 1,000 refits of {prompts} prompts": one,
        f"official style control of {models} models at once, {prompts} prompts": time.monotonic() - started,
    }


def official(folder: Path) -> tuple[float, str]:
    """Our score of the official judgments, and the published one; in percent."""
    from pyarrow import parquet

    rows = parquet.read_table(folder / "v01_judgments.parquet").to_pylist()
    games = [(vote(row["score_game1"], False), vote(row["score_game2"], True)) for row in rows if row["model"] == MODEL]
    with (folder / "v01_leaderboard_20240731.csv").open(encoding="utf-8", newline="") as lines:
        published = next(row["score"] for row in csv.DictReader(lines) if row["model"] == MODEL)
    return 100 * score_v01(games).score, published


def judged(random: np.random.Generator, prompts: int, strength: float) -> list[list[Vote | None]]:
    """Two games a prompt that mostly agree, since the prompt decides."""
    merit = strength + random.normal(size=(prompts, 1)) + 0.3 * random.normal(size=(prompts, 2))
    levels = np.digitize(-merit, [-1.2, -0.3, 0.3, 1.2])
    return [[vote(LABELS[level], True) for level in pair] for pair in levels]


def score_coverage(strength: float, prompts: int, worlds: int) -> tuple[float, float, float, float]:
    """The true score; how often the official interval holds it and how often ours; the mean width of ours, in
    points."""
    random = np.random.default_rng(1)
    totals, weights = prompt_sums(judged(random, LARGE, strength), whole_only=True)
    truth = float(totals.sum() / weights.sum())
    hits: dict[str, list[bool]] = {"votes": [], "prompts": []}
    widths = []
    for number in range(worlds):
        games = judged(random, prompts, strength)
        totals, weights = prompt_sums(games, whole_only=True)
        ours, theirs = mean_interval(totals / weights, weights=weights), score_v01(games, seed=number)  # type: ignore[arg-type]
        hits["votes"].append(theirs.low <= truth <= theirs.high)
        hits["prompts"].append(ours.low <= truth <= ours.high)
        widths.append(100 * (ours.high - ours.low))
    return truth, statistics.mean(hits["votes"]), statistics.mean(hits["prompts"]), statistics.mean(widths)


def style_coverage(strength: float, longer: float, prompts: int, worlds: int) -> tuple[float, float, float, float]:
    """The true score at equal style; the mean raw one; how often the interval holds the truth; its mean width."""
    truth = equal_style(styled(LARGE, strength, longer, seed=10**6), repeats=2).score

    def raw(model: StyledPrompts) -> float:
        return float(np.average(model.outcomes, weights=model.weights))

    models = [styled(prompts, strength, longer, seed=seed) for seed in range(worlds)]
    found = [equal_style(model, repeats=500) for model in models]
    held = statistics.mean(each.low <= truth <= each.high for each in found)
    width = statistics.mean(100 * (each.high - each.low) for each in found)
    return truth, statistics.mean(map(raw, models)), held, width


def difference_coverage(
    ours: tuple[float, float], theirs: tuple[float, float], prompts: int, worlds: int
) -> list[float]:
    """The true difference at equal style of two models, by strength and length; how often the interval holds it; its
    mean width."""
    large = [
        equal_style(styled(LARGE, *side, seed=10**6 + n), repeats=2).score for n, side in enumerate((ours, theirs))
    ]
    truth, held, widths = large[0] - large[1], [], []
    for seed in range(worlds):
        pair = [
            styled(prompts, *side, seed=2 * seed + n, prompts=10**7 + seed) for n, side in enumerate((ours, theirs))
        ]
        found = equal_style_difference(pair[0], pair[1], repeats=500)
        held.append(found.low <= truth <= found.high)
        widths.append(100 * (found.high - found.low))
    return [100 * truth, statistics.mean(held), statistics.mean(widths)]


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    worlds = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    print("| measure | value |\n|---|---|")
    for what, seconds in speed().items():
        print(f"| {what} | {seconds:.2f} s |", flush=True)
    if (folder / "v01_judgments.parquet").is_file():
        ours, published = official(folder)
        print(f"| {MODEL}, v0.1, official judgments | {ours:.2f} (published {published}) |")
    print(
        "\n| score, 95% intervals | prompts | over votes (official) | over prompts | its width |\n|---|---|---|---|---|"
    )
    for strength in STRENGTHS:
        for prompts in SIZES:
            truth, votes, own, width = score_coverage(strength, prompts, worlds)
            print(f"| {truth:.1%} | {prompts} | {votes:.1%} | {own:.1%} | {width:.1f} points |", flush=True)
    fewer = max(worlds // 4, 10)
    print("\n| at equal style | raw | prompts | 95% interval covers | its width |\n|---|---|---|---|---|")
    for strength, longer in STYLES:
        for prompts in SIZES:
            truth, raw, held, width = style_coverage(strength, longer, prompts, fewer)
            print(f"| {truth:.1%} | {raw:.1%} | {prompts} | {held:.1%} | {width:.1f} points |", flush=True)
    print("\n| difference at equal style | prompts | 95% interval covers | its width |\n|---|---|---|---|")
    for ours, theirs in zip(STYLES[1:], STYLES, strict=False):
        for prompts in SIZES:
            truth, held, width = difference_coverage(ours, theirs, prompts, fewer)
            print(f"| {truth:+.1f} points | {prompts} | {held:.1%} | {width:.1f} points |", flush=True)
    print(
        f"\n{worlds} samples of two games a prompt for each score, {fewer} at equal style. A coverage of 95% is known"
    )
    print(f"to {100 * (0.0475 / worlds) ** 0.5:.1f} and {100 * (0.0475 / fewer) ** 0.5:.1f} points (standard errors).")


if __name__ == "__main__":
    main()
