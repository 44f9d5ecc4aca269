"""Candidates whose true win rate is exactly the floor, in many kinds of judgments."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tpobench.harness.gate.decision import Outcome
from tpobench.harness.stats.intervals import Floats
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.stats.sequential import Method, decide_mean
from tpobench.harness.stats.simulation import World, chunks

ALPHA, MARGIN = 0.05, 0.03
FLOOR = 0.5 - MARGIN
METHODS: tuple[Method, ...] = ("hybrid", "sequential", "fixed")

Missing = Literal["nowhere", "at random", "where it loses"]


def judged_in_both_orders(win_rate: float) -> World:
    """A world of the tables: a fifth of the verdicts go by position, and a prompt's value has a sd of 0.36."""
    return World(win_rate=win_rate, bias=0.2, orders="both").with_sd(0.36)


@dataclass(frozen=True, kw_only=True)
class Case:
    """Gates on `prompts` prompts at the floor; with `sizes`, clusters of these sizes in turn, whose prompts share their
    chance of a win."""

    name: str
    world: World
    prompts: int
    sizes: tuple[int, ...] = ()
    missing: Missing = "nowhere"

    @property
    def floor(self) -> float:
        """The true win rate."""
        return self.world.win_rate

    def decided(self, method: Method, seed: int, gates: int) -> list[Outcome]:
        """The outcomes of gates."""
        words: dict[int, Outcome] = {1: "PASS", 0: "INCONCLUSIVE", -1: "FAIL"}
        return [words[int(outcome)] for part in self._parts(method, seed, gates) for outcome in part]

    def errors(self, method: Method, seed: int, gates: int) -> tuple[int, int]:
        """How many gates pass, and how many reject: neither should."""
        parts = [*self._parts(method, seed, gates)]
        return sum(int((part > 0).sum()) for part in parts), sum(int((part < 0).sum()) for part in parts)

    def _parts(self, method: Method, seed: int, gates: int) -> Iterator[np.ndarray]:
        rng = np.random.default_rng((seed, self.prompts))
        for size in chunks(gates, self.prompts):
            if self.sizes:
                values, weights = clustered(rng, self.world, self.prompts, self.sizes, size)
                yield decide_mean(values, values, self.floor, ALPHA, method, weights=weights).outcome
            else:
                low, high, valid = without_some(rng, self.world.draw(rng, size, self.prompts), self.missing)
                yield np.where(valid, decide_mean(low, high, self.floor, ALPHA, method).outcome, 0)


def clustered(
    rng: np.random.Generator, world: World, prompts: int, sizes: Sequence[int], gates: int
) -> tuple[Floats, Floats]:
    """The means of clusters, shape (gates, clusters), and their weights: sizes over the largest."""
    every = np.resize(np.array(sizes), prompts // sum(sizes) * len(sizes))
    m, weight = world.win_rate, 1 / world.spread - 1
    chance = np.repeat(rng.beta(weight * m, weight * (1 - m), (gates, every.size)), every, axis=1)
    values = (rng.random(chance.shape) < chance).astype(float)
    starts = np.cumsum(every) - every
    return np.add.reduceat(values, starts, axis=1) / every, every / every.max()


def without_some(rng: np.random.Generator, values: Floats, missing: Missing) -> tuple[Floats, Floats, np.ndarray]:
    """The values as they count in the two tests where as many judgments are missing as a gate lets pass, and which
    gates it does let pass: with more missing one is INVALID."""
    if missing == "nowhere":
        return values, values, np.ones(values.shape[0], dtype=bool)
    most = int(MAX_MISSING * values.shape[1])
    chance = rng.random(values.shape) + (values if missing == "where it loses" else 0)
    gone = np.zeros(values.shape, dtype=bool)
    np.put_along_axis(gone, np.argsort(chance, axis=1)[:, :most], True, axis=1)
    return np.where(gone, 0.0, values), np.where(gone, 1.0, values), gone.sum(axis=1) <= most


def at_the_floor() -> list[Case]:
    """Every case, from few prompts to many, over win rates, ties, orders, clusters and missing judgments."""
    sizes = (10, 20, 49, 50, 100, 200, 750, 2000, 5000)
    cases = [Case(name="two orders, sd 0.36", world=judged_in_both_orders(FLOOR), prompts=n) for n in sizes]
    for n in (60, 750):
        cases += [
            Case(name="one order, no ties", world=World(win_rate=rate), prompts=n)
            for rate in (0.02, 0.1, 0.3, 0.47, 0.52, 0.7, 0.9, 0.98)
        ]
        cases += [
            Case(name=f"one order, {ties:.0%} ties", world=World(win_rate=rate, ties=ties), prompts=n)
            for ties, rate in ((0.3, 0.47), (0.9, 0.47), (0.98, 0.495))
        ]
        cases += [
            Case(name=f"two orders, {ties:.0%} ties", world=World(win_rate=rate, ties=ties, orders="both"), prompts=n)
            for ties, rate in ((0.3, 0.8), (0.9, 0.52))
        ]
    correlated = World(win_rate=FLOOR, spread=0.2)
    cases += [
        Case(name="150 clusters of 5", world=correlated, prompts=750, sizes=(5,)),
        Case(name="40 clusters of 1 to 12", world=correlated, prompts=200, sizes=(1, 2, 5, 12)),
        Case(name="150 clusters of 1 to 12", world=correlated, prompts=750, sizes=(1, 2, 5, 12)),
        Case(name="36 clusters, one of four is 60", world=correlated, prompts=567, sizes=(1, 1, 1, 60)),
    ]
    for missing in ("at random", "where it loses"):
        name = f"two orders, 2% missing {missing}"
        cases += [
            Case(name=name, world=judged_in_both_orders(FLOOR), prompts=n, missing=missing)  # type: ignore[arg-type]
            for n in (100, 750)
        ]
    return cases
