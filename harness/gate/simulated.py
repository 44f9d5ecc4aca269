"""The very gate on simulated preferences, many side by side: what a policy does to a candidate whose true win rate is
known. The tests are those of the gate (`decide_mean`, the guard's exact test); tests hold both to the same outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.apply import asks_for, rules_of
from tpobench.harness.gate.categories import Guard, guard_of
from tpobench.harness.gate.comparison import SequentialComparison, frozen_order
from tpobench.harness.gate.input import ROLES, Role
from tpobench.harness.gate.needs import takes_evaluation
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.rules import CategoriesRule, EquivalenceRule, WinRateRule
from tpobench.harness.gate.win_rates import MIN_CLUSTERS
from tpobench.harness.records import Prompt
from tpobench.harness.stats.intervals import Floats, mean_p_value
from tpobench.harness.stats.sequential import Decided, decide_mean
from tpobench.harness.stats.simulation import World, chunks

Outcomes = npt.NDArray[np.int8]
"""+1 passed, -1 rejected, 0 undecided."""

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class SimulatedGates:
    """Gates side by side: what each decided, and how many prompts it had judged by role."""

    outcome: Outcomes
    prompts: Mapping[Role, Counts]


@dataclass(frozen=True, kw_only=True)
class PlannedSource:
    """The prompts of a gate that is planned: what a gate would ask for, without anybody who could answer."""

    prompts: Sequence[Prompt]
    free: bool = False
    against: str = "the baseline"
    fingerprint: str = ""
    mode: str = "direct"
    advice: str = ""
    dollars_per_prompt: float | None = None

    @property
    def observations(self) -> list[str]:
        """The prompts' own keys: every prompt is an observation."""
        return [prompt.key for prompt in self.prompts]

    @property
    def paid(self) -> bool:
        """Whether a judgment has its price."""
        return not self.free

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        """None of them."""
        return [None for _ in indices]

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        """None of them."""
        return [() for _ in indices]


class PlannedGate:
    """The rules of one benchmark that a judge is asked for, on its prompts.

    Args:
        rules: With the alphas that they may spend.
        source: The prompts, and whether judging is free.
        champion: Whether there is a champion to compare with.
    """

    def __init__(self, rules: Rules, source: PlannedSource, champion: bool = True) -> None:
        self.rules = rules
        self.free = source.free
        self._takes_all = takes_evaluation(rules)
        asked = [role for role in ROLES if asks_for(rules, role) or (role == "head_to_head" and self._takes_all)]
        self.roles = tuple(role for role in asked if champion or role != "champion")
        order = frozen_order(source.prompts, rules.clusters)
        self.prompts = len(order)
        self._sizes = _cluster_sizes([source.prompts[index].category for index in order], rules.clusters)
        self._place = {index: place for place, index in enumerate(order)}
        self._comparison = SequentialComparison(source, clusters=rules.clusters)

    @property
    def guard(self) -> Guard | None:
        """What the rule on categories takes; None without one."""
        return None if self.rules.categories is None else guard_of(self.rules.categories, self._comparison)

    def simulate(self, world: World, gates: int, seed: int = 0) -> SimulatedGates:
        """Many gates, whose candidates have the world's win rate against every model that they are compared with."""
        rng, parts = np.random.default_rng(seed), []
        for size in chunks(gates, self.prompts):
            drawn = {role: world.draw(rng, size, self.prompts) for role in self.roles}
            parts.append(self.decide(drawn))
        return SimulatedGates(
            np.concatenate([part.outcome for part in parts]),
            {role: np.concatenate([part.prompts[role] for part in parts]) for role in self.roles},
        )

    def decide(self, values: Mapping[Role, Floats]) -> SimulatedGates:
        """The decisions on these preferences: by role, shape (gates, prompts), in the order of the comparison."""
        gates = next(iter(values.values())).shape[0]
        rejected, undecided = np.zeros(gates, dtype=bool), np.zeros(gates, dtype=bool)
        prompts: dict[Role, Counts] = {}
        for role, drawn in values.items():
            asked = ~rejected | self.free
            outcome, used = self._win_rates(role, drawn)
            judged, guarded = used, self.rules.categories if role == "head_to_head" else None
            if guarded is not None:
                open_ = (outcome >= 0) | self.free
                found, more = self._categories(guarded, drawn, used)
                judged = used + np.where(open_, more, 0)
                found = found if guarded.tier == "critical" else np.zeros_like(found)
                outcome = np.where(open_ & found, -1, outcome).astype(np.int8)
            prompts[role] = np.where(asked, judged, 0)
            rejected |= asked & (outcome < 0)
            undecided |= asked & (outcome == 0)
        if self._takes_all:  # figures are over all prompts, and asked for last
            prompts["head_to_head"] = np.where(rejected & (not self.free), prompts["head_to_head"], self.prompts)
        outcomes = np.where(rejected, -1, np.where(undecided, 0, 1)).astype(np.int8)
        return SimulatedGates(outcomes, prompts)

    def _win_rates(self, role: Role, values: Floats) -> tuple[Outcomes, Counts]:
        """What the critical ones of the rules on this win rate say together, and the prompts that are judged."""
        stated = rules_of(self.rules, role)
        gates = values.shape[0]
        if not stated:
            return np.ones(gates, dtype=np.int8), np.zeros(gates, dtype=np.int64)
        ends = np.cumsum(self._sizes)
        observed, weights = observed_in(values, self._sizes)
        last, failed_at = np.zeros(gates, dtype=np.int64), np.full(gates, ends.size)
        passed, failed = np.ones(gates, dtype=bool), np.zeros(gates, dtype=bool)
        for rule in stated.values():
            decided = decide_rule(rule, observed, weights)
            used = np.where(decided.outcome == 0, ends.size, decided.used)
            last = np.maximum(last, used if weights is None else np.maximum(used, MIN_CLUSTERS))
            if rule.tier == "critical":
                failed_at = np.where(decided.outcome < 0, np.minimum(failed_at, used), failed_at)
                failed |= decided.outcome < 0
                passed &= decided.outcome > 0
        stop = np.minimum(np.minimum(last, failed_at), ends.size)
        block, beyond = self.rules.block, 0 if weights is None else 1  # a cluster is whole once the next one begins
        judged = np.minimum(-(-(ends[stop - 1] + beyond) // block) * block, self.prompts)
        return np.where(failed, -1, np.where(passed, 1, 0)).astype(np.int8), judged

    def _categories(self, rule: CategoriesRule, values: Floats, used: Counts) -> tuple[npt.NDArray[np.bool_], Counts]:
        """Whether a regression is certain in a category, and how many prompts are judged for the guard alone."""
        guard = guard_of(rule, self._comparison)
        found, more = np.zeros(used.size, dtype=bool), np.zeros(used.size, dtype=np.int64)
        for indices in guard.taken.values():
            places = np.array([self._place[index] for index in indices])
            p_values = mean_p_value(1 - values[:, places], 1 - rule.floor)
            found |= p_values <= rule.alpha / len(guard.taken)  # Holm's first step: if any is rejected, the smallest is
            more += (places >= used[:, None]).sum(axis=-1)
        return found, more


def decide_rule(rule: WinRateRule | EquivalenceRule, values: Floats, weights: Floats | None = None) -> Decided:
    """What a rule says of preferences of which none is missing; shape (gates, n)."""
    if isinstance(rule, WinRateRule):
        return decide_mean(values, values, rule.floor, rule.alpha, rule.method, weights=weights)
    low, high = (
        decide_mean(values, values, floor, rule.alpha, rule.method, weights=weights)
        for floor in (0.5 - rule.within, 0.5 + rule.within)
    )
    below, above = low.outcome < 0, high.outcome > 0
    inside = (low.outcome > 0) & (high.outcome < 0)
    outcome = np.where(below | above, -1, np.where(inside, 1, 0)).astype(np.int8)
    used = np.where(below, low.used, np.where(above, high.used, np.maximum(low.used, high.used)))
    return Decided(outcome, used)


def observed_in(values: Floats, sizes: Counts) -> tuple[Floats, Floats | None]:
    """What a test sees of the prompts' values: these, or the means of clusters of these sizes, and their weights."""
    if sizes.max(initial=1) == 1:
        return values, None
    starts = np.cumsum(sizes) - sizes
    return np.add.reduceat(values, starts, axis=-1) / sizes, sizes / sizes.max()


def _cluster_sizes(categories: Sequence[str], clusters: str | None) -> Counts:
    if clusters is None or not categories:
        return np.ones(len(categories), dtype=np.int64)
    starts = [0, *(place for place in range(1, len(categories)) if categories[place] != categories[place - 1])]
    return np.diff([*starts, len(categories)])
