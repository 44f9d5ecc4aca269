"""How many prompts a policy takes, and what its prompts can tell: by simulating its own rules, not by a formula for one
test.

A win-rate test on n prompts passes with a probability of about Phi(distance * sqrt(n) / deviation - z). The z of the
policy's method is what the simulations tell; from it follows the n for 80%.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from tpobench.harness.gate.apply import rules_of
from tpobench.harness.gate.input import ROLES, Role
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.rules import EquivalenceRule, WinRateRule
from tpobench.harness.gate.simulated import decide_rule
from tpobench.harness.stats.power import POWER_Z, final_critical
from tpobench.harness.stats.simulation import World, chunks

POWER = 0.8

BETTER = 0.05
"""Where an equal candidate is not to pass: how far above the floor the candidate is that a plan speaks of."""

DRAWN = 400_000
"""Prompts simulated for one number of prompts: a share is known to about two hundredths at 1,000 of them."""

_LONGEST = 20_000
"""Beyond so many prompts z stays what it is, and nothing more is simulated."""

_LEAST = 1e-3
"""No deviation is smaller."""

_ROUNDS = 3
_FEWEST_GATES, _MOST_GATES = 50, 4_000
_CORRECTIONS = 20

StatedRules = Mapping[str, WinRateRule | EquivalenceRule]


@dataclass(frozen=True)
class Target:
    """The rules on one win rate, and the candidate that ought to pass them: an equal one where the rules let it, else
    one that is a little better than they ask for."""

    role: Role
    rules: StatedRules
    win_rate: float

    @property
    def floor(self) -> float:
        """The win rate that they ask for."""
        return max(rule.floor if isinstance(rule, WinRateRule) else 0.5 - rule.within for rule in self.rules.values())

    @property
    def equal(self) -> bool:
        """Whether the candidate is as good as the model that it is compared with."""
        return self.win_rate == 0.5

    def distance(self, win_rate: float) -> float:
        """From the nearest limit; negative where a rule is broken."""
        return min(_distance(rule, win_rate) for rule in self.rules.values())


def target_of(rules: Rules) -> Target | None:
    """What the prompts are to be enough for: the rules on the baseline, else those on the anchor or the champion; None
    where a policy has none."""
    for role in ROLES:
        stated = {name: rule for name, rule in rules_of(rules, role).items() if rule.tier == "critical"}
        if stated:
            return Target(role, stated, _win_rate(stated))
    return None


def prompts_needed(target: Target, world_of: Callable[[float], World]) -> int:
    """The number of prompts with which the candidate passes four times out of five.

    Args:
        target: The rules, and the candidate's win rate.
        world_of: The world of a candidate with this win rate.
    """
    world, distance = world_of(target.win_rate), target.distance(target.win_rate)
    spread = max(world.sd, _LEAST)
    z, found = _first_z(target.rules), list[float]()
    n = 1
    for step in range(_ROUNDS):
        n = max(1, math.ceil(((z + POWER_Z) * spread / distance) ** 2))
        looked = min(n, _LONGEST)
        passed, gates = passing(target.rules, world, looked, seed=step)
        found.append(distance * math.sqrt(looked) / spread - _z(passed, gates))
        z = fmean(found[1:] or found)
    return _corrected(target.rules, world, n) if n <= _LONGEST else n


def detectable_distance(target: Target, prompts: int, world_of: Callable[[float], World], most: float) -> float:
    """How far above the floor a candidate is that passes four times out of five on these prompts; `most` at most."""
    z, floor = _first_z(target.rules), target.floor
    first = min(most, (z + POWER_Z) * world_of(target.win_rate).sd / math.sqrt(max(prompts, 1)))
    if first >= most or prompts > _LONGEST:
        return first
    world = world_of(floor + first)
    passed, gates = passing(target.rules, world, prompts, seed=_ROUNDS)
    z = first * math.sqrt(prompts) / max(world.sd, _LEAST) - _z(passed, gates)
    return min(most, (z + POWER_Z) * world.sd / math.sqrt(prompts))


def passing(rules: StatedRules, world: World, prompts: int, seed: int = 0) -> tuple[float, int]:
    """The share of simulated gates on so many prompts that pass all of these rules, and the number of gates."""
    gates = min(max(DRAWN // prompts, _FEWEST_GATES), _MOST_GATES)
    rng, passed = np.random.default_rng((seed, prompts)), 0
    for size in chunks(gates, prompts):
        values = world.draw(rng, size, prompts)
        outcomes = [decide_rule(rule, values).outcome for rule in rules.values()]
        passed += int(np.min(outcomes, axis=0).clip(0).sum())
    return passed / gates, gates


def _corrected(rules: StatedRules, world: World, prompts: int) -> int:
    """The first number from this one on that is enough in a simulation of its own: with few prompts the share that
    passes goes up in steps."""
    for step in range(_CORRECTIONS):
        passed, gates = passing(rules, world, prompts, seed=100 + step)
        if passed >= POWER - (POWER * (1 - POWER) / gates) ** 0.5:
            break
        prompts += max(1, prompts // 50)
    return prompts


def _win_rate(rules: StatedRules) -> float:
    floors = [rule.floor for rule in rules.values() if isinstance(rule, WinRateRule)]
    within = [rule.within for rule in rules.values() if isinstance(rule, EquivalenceRule)]
    floor, ceiling = max(floors, default=0.0), 0.5 + min(within, default=0.5)
    return 0.5 if floor < 0.5 else min(floor + BETTER, (floor + ceiling) / 2)


def _distance(rule: WinRateRule | EquivalenceRule, win_rate: float) -> float:
    return win_rate - rule.floor if isinstance(rule, WinRateRule) else rule.within - abs(win_rate - 0.5)


def _first_z(rules: StatedRules) -> float:
    return max(final_critical(rule.method, rule.alpha) for rule in rules.values())


def _z(share: float, gates: int) -> float:
    """The normal quantile of a share that was seen in so many gates; finite where it is none or all of them."""
    from scipy.special import ndtri

    return float(ndtri(min(max(share, 1 / (2 * gates)), 1 - 1 / (2 * gates))))
