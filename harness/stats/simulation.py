"""Simulated gates: how often a policy passes, fails and stays undecided when the true win rate is known."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from tpobench.harness.stats.intervals import Floats
from tpobench.harness.stats.sequential import Decided, Method, decide_mean, first_at

Orders = Literal["one", "both"]
"""Whether a prompt is judged in one order, or in both."""

PEEK_EVERY = 25
"""Observations between two looks of the naive test."""

_HALVINGS = 30
"""A share of ties is found to 2 to the power of minus this."""

_CHUNK = 1 << 16
"""Prompts drawn at a time: half a megabyte an array stays in a core's cache, whatever the number of gates."""


@dataclass(frozen=True, kw_only=True)
class World:
    """Prompts and a judge whose mean preference for the candidate is `win_rate`, exactly.

    On a share `bias` of the prompts the judge goes by position: in one order (drawn for each prompt) that is 1 or 0, in
    both orders it is 1/2. Otherwise each verdict is a tie with probability `ties`, else a win with probability p. p
    differs between prompts: Beta distributed with mean m and variance spread * m * (1 - m), so 0 makes all prompts
    alike and 1 makes each always won or always lost. `cluster` prompts in a row share one p.

    Both positions and ties pull towards 1/2, so m = 1/2 + (win_rate - 1/2) / ((1 - bias) * (1 - ties)) gives the win
    rate asked for. Raises ValueError where that is outside [0, 1]: this many ties leave no room for this win rate.
    """

    win_rate: float
    ties: float = 0.0
    bias: float = 0.0
    orders: Orders = "one"
    spread: float = 0.0
    cluster: int = 1

    def __post_init__(self) -> None:
        if not (0 <= self.ties < 1 and 0 <= self.bias < 1 and 0 <= self.spread <= 1 and self.cluster >= 1):
            raise ValueError("ties and bias lie in [0, 1), spread in [0, 1], and a cluster has a prompt")
        if not 0 <= self._decisive <= 1:
            raise ValueError(f"with this share of ties and this position bias the win rate cannot be {self.win_rate:g}")

    @property
    def sd(self) -> float:
        """Standard deviation of one prompt's value, in closed form."""
        m, decided = self._decisive, (1 - self.bias) * (1 - self.ties)
        one = self.win_rate * (1 - self.win_rate) - (1 - self.bias) * self.ties / 4
        if self.orders == "one":
            return float(max(0.0, one) ** 0.5)
        verdict = self.ties / 2 + (1 - self.ties) * m
        both = (1 - self.bias) * verdict**2 + decided * (1 - self.ties) * m * (1 - m) * self.spread
        return float(max(0.0, (one + both - self.win_rate**2) / 2) ** 0.5)

    def with_sd(self, sd: float) -> "World":
        """The same world with this standard deviation of one prompt's value, or the nearest that it can have: in both
        orders by its spread between prompts where that is enough, else, and in one order, by its share of ties."""
        rate = self.win_rate
        most_ties = 0.999 * (1 - abs(2 * rate - 1) / (1 - self.bias))
        if self.orders == "one":
            ties = 4 * (rate * (1 - rate) - sd**2) / (1 - self.bias)
            return replace(self, ties=min(max(0.0, ties), most_ties))
        least, most = (replace(self, spread=end).sd ** 2 for end in (0.0, 1.0))
        if sd**2 >= least:
            return replace(self, spread=min((sd**2 - least) / (most - least), 1.0) if most > least else 0.0)
        low, high = self.ties, most_ties
        for _ in range(_HALVINGS):
            ties = (low + high) / 2
            low, high = (ties, high) if replace(self, spread=0.0, ties=ties).sd > sd else (low, ties)
        return replace(self, spread=0.0, ties=high)

    def draw(self, rng: np.random.Generator, gates: int, prompts: int) -> Floats:
        """The candidate's preference on every prompt, in [0, 1]; shape (gates, prompts)."""
        shape, m = (gates, prompts), self._decisive
        if self.cluster == 1:
            uniform, quarters = rng.random(shape), np.zeros(shape)
            for bound in np.cumsum(self.shares)[:-1]:
                quarters += uniform >= bound
            return quarters / 4
        chance = np.full(shape, m)
        if self.spread and 0 < m < 1:
            groups = (gates, -(-prompts // self.cluster))
            weight = 1 / self.spread - 1
            drawn = rng.beta(weight * m, weight * (1 - m), groups) if weight else 1.0 * (rng.random(groups) < m)
            chance = np.repeat(drawn, self.cluster, axis=1)[:, :prompts]
        both = self.orders == "both"
        values = self._verdicts(rng, chance)
        if both:
            values = (values + self._verdicts(rng, chance)) / 2
        if self.bias:
            by_position = np.full(shape, 0.5) if both else rng.integers(0, 2, shape).astype(float)
            values = np.where(rng.random(shape) < self.bias, by_position, values)
        return values

    @property
    def shares(self) -> Floats:
        """How often a prompt's value is 0, 1/4, 1/2, 3/4 and 1; shape (5,)."""
        m, tied, decided = self._decisive, self.ties, 1 - self.ties
        if self.orders == "one":
            unbiased = np.array([decided * (1 - m), 0, tied, 0, decided * m])
            return (1 - self.bias) * unbiased + self.bias * np.array([0.5, 0, 0, 0, 0.5])
        split = (1 - self.spread) * m * (1 - m)  # of a pair of decided verdicts: first won, second lost
        won, lost = decided**2 * (m - split), decided**2 * (1 - m - split)
        middle = 2 * decided**2 * split + tied**2
        unbiased = np.array([lost, 2 * tied * decided * (1 - m), middle, 2 * tied * decided * m, won])
        shares: Floats = (1 - self.bias) * unbiased + self.bias * np.array([0, 0, 1.0, 0, 0])
        return shares

    def observations(self, rng: np.random.Generator, gates: int, prompts: int) -> Floats:
        """What a gate sees: the mean of each whole cluster; shape (gates, prompts // cluster)."""
        whole = prompts // self.cluster
        values = self.draw(rng, gates, whole * self.cluster)
        return values if self.cluster == 1 else values.reshape(gates, whole, self.cluster).mean(axis=-1)

    @property
    def _decisive(self) -> float:
        return 0.5 + (self.win_rate - 0.5) / ((1 - self.bias) * (1 - self.ties))

    def _verdicts(self, rng: np.random.Generator, chance: Floats) -> Floats:
        uniform, won = rng.random(chance.shape), (1 - self.ties) * chance
        if not self.ties:
            return (uniform < won).astype(float)
        return ((uniform < won).astype(float) + (uniform < won + self.ties)) / 2


@dataclass(frozen=True, kw_only=True)
class Rates:
    """Shares of the gates, and the mean number of prompts that they used: all of them, and those that passed (None
    where none did)."""

    passed: float
    failed: float
    undecided: float
    prompts: float
    prompts_passed: float | None


def simulate_gates(
    world: World,
    prompts: int,
    gates: int,
    floor: float,
    alpha: float = 0.05,
    method: Method | Literal["peeking"] = "hybrid",
    seed: int = 0,
) -> Rates:
    """The outcomes of many gates.

    Args:
        world: What the observations are drawn from.
        prompts: By gate.
        gates: Their number.
        floor: What the win rate is compared with.
        alpha: The probability of either error.
        method: As for `decide_mean`; ``peeking`` is the naive `peeking_t`.
        seed: The same one gives every method the same prompts.

    Returns:
        How often gates pass, fail and stay undecided, and how many prompts they take.
    """
    rng, outcomes, used = np.random.default_rng(seed), [], []
    for size in chunks(gates, prompts):
        values = world.observations(rng, size, prompts)
        if method == "peeking":
            result = peeking_t(values, floor, alpha)
        else:
            result = decide_mean(values, values, floor, alpha, method)
        outcomes.append(result.outcome)
        used.append(result.used * world.cluster)
    outcome, consumed = np.concatenate(outcomes), np.concatenate(used)
    passed, failed, undecided = (float((outcome == which).mean()) for which in (1, -1, 0))
    winners = consumed[outcome == 1]
    return Rates(
        passed=passed,
        failed=failed,
        undecided=undecided,
        prompts=float(consumed.mean()),
        prompts_passed=float(winners.mean()) if winners.size else None,
    )


def peeking_t(values: Floats, floor: float, alpha: float) -> Decided:
    """The mistake that sequential tests are made for: a t test at `alpha` after every `PEEK_EVERY` observations and
    after the last, as if each were the only one; shape (gates, n)."""
    from scipy.special import stdtrit

    n = values.shape[-1]
    looks = np.unique(np.append(np.arange(PEEK_EVERY, n, PEEK_EVERY), n))
    mean = np.cumsum(values, axis=-1)[:, looks - 1] / looks
    square = np.cumsum(values**2, axis=-1)[:, looks - 1] / looks
    error = np.sqrt(np.maximum(0.0, square - mean**2) / np.maximum(1, looks - 1))
    half = stdtrit(np.maximum(1, looks - 1), 1 - alpha) * error
    above, below = first_at(mean - half, floor), first_at(-(mean + half), -floor)
    first = np.minimum(above, below)
    outcome = np.where(above < below, 1, np.where(below < looks.size, -1, 0)).astype(np.int8)
    return Decided(outcome, looks[np.minimum(first, looks.size - 1)].astype(np.int64))


def chunks(gates: int, prompts: int) -> Iterator[int]:
    """The numbers of gates to simulate at a time, so that their values stay in a core's cache."""
    size = max(1, _CHUNK // max(1, prompts))
    for start in range(0, gates, size):
        yield min(size, gates - start)
