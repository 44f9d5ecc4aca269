"""Coverage: how often an interval holds the truth."""

from collections.abc import Callable

import numpy as np

from tests.bench.gates.cases import clustered, judged_in_both_orders
from tests.bench.gates.tables import Bounded, Size, heading, row
from tpobench.harness.stats.intervals import Floats, difference_interval, mean_interval, mean_p_value
from tpobench.harness.stats.sequential import wealth
from tpobench.harness.stats.simulation import World

LEVEL = 0.95
SIZES = (1, 5, 10, 30, 49, 50, 100, 750, 5000)
CLUSTER_SIZES = (1, 2, 5, 12)

Values = Callable[[np.random.Generator, int, int], Floats]


def print_coverage(size: Size) -> list[str]:
    """Prints the tables; returns the cells that are beyond their bound."""
    return _of_means(size) + _of_sequences(size)


def _of_means(size: Size) -> list[str]:
    title = f"Coverage of the {LEVEL:.0%} interval of a mean"
    heading(title, ["values", "mean", *(f"{n:,}" for n in SIZES)])
    table, kinds = Bounded(title), _kinds()
    for name, truth, draw in kinds[size.some(kinds)]:
        cells = [
            table.coverage(f"{name}, {n} values", _misses(draw, truth, n), size.gates(n, 4_000), LEVEL) for n in SIZES
        ]
        row(name, f"{truth:.3g}", *cells)
    for prompts in (200, 750)[size.some((200, 750))]:
        name = f"clusters of 1 to 12, weighted, {prompts} prompts"
        cell = table.coverage(name, _cluster_misses(prompts), size.gates(prompts, 4_000), LEVEL)
        row(name, 0.47, *(cell if n == prompts or (prompts == 200 and n == 100) else "" for n in SIZES))
    table.conclude()
    _same_as_intervals()
    return table.beyond


def _kinds() -> list[tuple[str, float, Values]]:
    worlds = [(f"wins and losses, {rate}", World(win_rate=rate)) for rate in (0.02, 0.1, 0.5, 0.9, 0.98)]
    worlds += [(f"{ties:.0%} ties", World(win_rate=rate, ties=ties)) for ties, rate in ((0.3, 0.6), (0.98, 0.505))]
    worlds += [("two orders, sd 0.36", judged_in_both_orders(0.6))]
    kinds: list[tuple[str, float, Values]] = [(name, world.win_rate, world.draw) for name, world in worlds]
    kinds.append(("graded, Beta(0.5, 4.5)", 0.1, lambda rng, gates, n: rng.beta(0.5, 4.5, (gates, n))))
    kinds.append(("paired differences, 70% equal", -0.03, _differences))
    return kinds


def _differences(rng: np.random.Generator, gates: int, prompts: int) -> Floats:
    """On the scale of the interval, (d + 1) / 2; their mean is -0.03."""
    steps: Floats = rng.choice([0.0, 0.25, 0.5, 0.75, 1.0], (gates, prompts), p=[0.04, 0.14, 0.7, 0.08, 0.04])
    return steps


def _misses(draw: Values, truth: float, n: int) -> Callable[[int, int], int]:
    scale = (1 + truth) / 2 if draw is _differences else truth  # differences lie in [-1, 1]

    def misses(seed: int, gates: int) -> int:
        values = draw(np.random.default_rng((seed, n)), gates, n)
        return _outside(values, scale)

    return misses


def _cluster_misses(prompts: int) -> Callable[[int, int], int]:
    def misses(seed: int, gates: int) -> int:
        rng = np.random.default_rng((seed, prompts))
        values, weights = clustered(rng, World(win_rate=0.47, spread=0.2), prompts, CLUSTER_SIZES, gates)
        return _outside(values, 0.47, weights)

    return misses


def _outside(values: Floats, truth: float, weights: Floats | None = None) -> int:
    """How many intervals do not hold the truth: one does where neither of the two tests rules it out."""
    half = (1 - LEVEL) / 2
    low, high = mean_p_value(values, truth, weights), mean_p_value(1 - values, 1 - truth, weights)
    return int(((low <= half) | (high <= half)).sum())


def _same_as_intervals(samples: int = 40) -> None:
    """The tests say of the truth what the intervals that are printed to users say."""
    rng, agree = np.random.default_rng(3), 0
    for _ in range(samples):
        values = World(win_rate=0.3).draw(rng, 1, 40)
        interval, moved = mean_interval(values[0], LEVEL), difference_interval((2 * values[0] - 1).tolist(), LEVEL)
        outside = bool(_outside(values, 0.3))
        agree += outside != (interval.low <= 0.3 <= interval.high) and outside != (moved.low <= -0.4 <= moved.high)
    print(f"The tests above and the printed intervals agree in {agree} of {samples} samples.\n")


def _of_sequences(size: Size) -> list[str]:
    title = f"Coverage of the {LEVEL:.0%} confidence sequence, at every moment at once"
    heading(title, ["true win rate", "750 prompts", "5,000 prompts"])
    table = Bounded(title)
    rates = (0.1, 0.47, 0.6, 0.9)
    for rate in rates[size.some(rates)]:
        world = World(win_rate=rate, orders="both")
        row(
            rate, *(table.coverage(f"{rate}, {n}", _ruined(world, n), size.gates(n, 2_000), LEVEL) for n in (750, 5000))
        )
    table.conclude()
    return table.beyond


def _ruined(world: World, prompts: int) -> Callable[[int, int], int]:
    """A sequence loses the truth where a bettor against it ever had 2 / (1 - level) times the stake."""

    def misses(seed: int, gates: int) -> int:
        rng, count, rate = np.random.default_rng((seed, prompts)), 0, world.win_rate
        for start in range(0, gates, 50):
            values = world.draw(rng, min(50, gates - start), prompts)
            richest = np.maximum(wealth(values, rate), wealth(1 - values, 1 - rate)).max(axis=-1)
            count += int((richest >= 2 / (1 - LEVEL)).sum())
        return count

    return misses
