"""What a gate would take, estimated before anything is spent: prompts, calls and dollars if the candidate is better,
equal or worse, how many prompts the policy needs, and what it could detect at all."""

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tpobench.harness.api.budget import Prices
from tpobench.harness.api.calls import Limits
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.judging import judge_for
from tpobench.harness.evaluation.plan import Plan, plan_for
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.gate.advice import problems_of, told_of_prompts
from tpobench.harness.gate.canary import BLOCK as CANARY_BLOCK
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.gate.control import LEAST, SUBSTITUTE
from tpobench.harness.gate.deviation import Deviation, deviation_of
from tpobench.harness.gate.figures import require_scorers
from tpobench.harness.gate.needed import Target, detectable_distance, prompts_needed, target_of
from tpobench.harness.gate.needs import takes_comparison
from tpobench.harness.gate.policy import Policy, Rules, spec_of, with_share
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.gate.rules import CategoriesRule
from tpobench.harness.gate.simulated import PlannedGate, PlannedSource, SimulatedGates
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.stats.multiplicity import share_of_attempt
from tpobench.harness.stats.power import seen_drop
from tpobench.harness.stats.simulation import Orders, World
from tpobench.harness.store.gates import last_attempt
from tpobench.harness.store.store import Store

SCENARIOS = (("clearly better", 0.1), ("a little better", 0.03), ("equal", 0.0), ("clearly worse", -0.1))
"""The candidate's true win rate minus one half."""

DRAWN = 600_000
"""Prompts simulated for each scenario, about: a share is known to one or two hundredths."""

_FEWEST_GATES, _MOST_GATES = 100, 2000


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What the rules do to a candidate with this true win rate: shares of gates, means of the prompts that are judged
    against the baseline, and of all calls. `dollars` is None where a price is not known."""

    candidate: str
    win_rate: float
    passed: float
    failed: float
    undecided: float
    prompts: float
    calls: float
    dollars: float | None


@dataclass(frozen=True)
class CategoryPlan:
    """A category's prompts, how many of them the guard judges, and the drop below its floor that these would show; None
    where none would be seen."""

    prompts: int
    judged: int
    drop: float | None


@dataclass(frozen=True, kw_only=True)
class GatePlan:
    """The plan for one benchmark.

    `games` are calls for each prompt. `needed` is the number of prompts with which a candidate of `needed_win_rate`
    passes four times out of five, and `detectable` the distance from the floor at which one does on the prompts that
    there are; None where no rule is on a win rate, or one asks for equivalence. `first_calls` are for the known-bad
    control and the canary, `most_first_calls` where the judge is of no use. `problems` are what would make the gate
    INVALID whatever the judge says, `advice` is what else to do.
    """

    benchmark: str
    judge: str
    prompts: int
    games: int
    sigma: float
    measured_sigma: bool
    sigma_evaluations: int
    roles: tuple[str, ...]
    method: str | None
    floor: float | None
    ceiling: float | None
    alpha: float | None
    needed: int | None
    needed_win_rate: float | None
    detectable: float | None
    first_calls: int
    most_first_calls: int
    categories: dict[str, CategoryPlan]
    scenarios: tuple[Scenario, ...]
    pins: dict[str, str]
    problems: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass(frozen=True)
class LinePlan:
    """The number that the next gate of the line would have, and the share of every alpha that it may spend."""

    line: str
    number: int
    share: float


@dataclass(frozen=True, kw_only=True)
class PolicyPlan:
    """The plans by benchmark (under an empty name where there is but one), and what they make together. `unasked` are
    benchmarks whose rules ask no judge."""

    parts: dict[str, GatePlan]
    scenarios: tuple[Scenario, ...]
    line: LinePlan | None
    unasked: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Everything, for ``--json``: flat where there is one benchmark."""
        line = None if self.line is None else asdict(self.line)
        if list(self.parts) == [""]:
            return asdict(self.parts[""]) | {"line": line}
        parts = {name: asdict(part) for name, part in self.parts.items()}
        return {"benchmarks": parts, "scenarios": [asdict(s) for s in self.scenarios], "line": line}


def plan_policy(policy: Policy, prices: Prices, store: Store | None) -> PolicyPlan:
    """The plan of a policy: all that its rules would ask a judge for.

    Args:
        policy: The rules, with `evaluate`.
        prices: Of calls to judges.
        store: Where the spread of this judge's preferences is measured, and the gates of a line are counted; None
            without a store.

    Raises:
        UserError: No rule asks a judge, the policy has no `evaluate`, or it names what does not exist.
    """
    require_scorers(policy)
    line = _line(policy, store)
    asking = {name: rules for name, rules in policy.parts.items() if takes_comparison(rules)}
    if not asking:
        raise UserError("the policy has no rule that asks a judge, so there is nothing to plan: what is stored is free")
    parts = {
        name: plan_gate(rules, prices, store, share=1.0 if line is None else line.share, reveals=policy.reveal == "all")
        for name, rules in asking.items()
    }
    unasked = tuple(name for name in policy.parts if name not in asking)
    return PolicyPlan(parts=parts, scenarios=_together([*parts.values()]), line=line, unasked=unasked)


def plan_gate(
    rules: Rules, prices: Prices, store: Store | None, *, share: float = 1.0, reveals: bool = False
) -> GatePlan:
    """The plan of the rules on one benchmark.

    Args:
        rules: With `evaluate`.
        prices: Of calls to judges.
        store: As for `plan_policy`.
        share: Of every alpha, that the gate may spend.
        reveals: Whether the gate prints prompts that were lost.

    Raises:
        UserError: As for `plan_policy`.
    """
    if rules.evaluate is None:
        raise UserError("the policy has no 'evaluate', so there is nothing to plan: what is stored costs nothing")
    spec, rules = spec_of(rules.evaluate, "", DIRECT), with_share(rules, share)
    benchmark = spec.measured_benchmark
    with closing(judge_for(spec, None, Progress(quiet=True))) as judge:
        plan = plan_for(spec, prices, Limits(concurrency=1), None)
        asked = judge.orders(benchmark.prompts[0], benchmark.orders == "both") if benchmark.prompts else ()
    orders: Orders = "both" if len(asked) == 2 else "one"
    source = PlannedSource(prompts=benchmark.prompts, free=judge.free)
    gate = PlannedGate(rules, source)
    spread = deviation_of(store, judge.id, benchmark.prompts, orders)
    priced = _Priced(gate=gate, plan=plan, calls=0 if judge.free else len(asked), spread=spread, orders=orders)
    target = target_of(rules)
    needed = None if target is None else prompts_needed(target, priced.world)
    return GatePlan(
        benchmark=benchmark.name,
        judge=judge.label,
        prompts=gate.prompts,
        games=priced.calls,
        sigma=spread.value,
        measured_sigma=spread.evaluations > 0,
        sigma_evaluations=spread.evaluations,
        roles=gate.roles,
        **_tested(rules, target),
        needed=needed,
        needed_win_rate=None if target is None else target.win_rate,
        detectable=_detectable(rules, target, gate.prompts, priced.world),
        first_calls=priced.first_calls,
        most_first_calls=priced.most_first_calls,
        categories=_categories(rules, gate, spec),
        scenarios=tuple(priced.scenario(name, rate) for name, rate in _scenarios(target)),
        pins={"judge": judge.id, "prompts": prompts_digest(benchmark.prompts)},
        problems=problems_of(rules, source, judge.id),
        advice=told_of_prompts(gate.prompts, needed) if reveals else (),
    )


@dataclass(frozen=True, kw_only=True)
class _Priced:
    """A planned gate with what a call costs."""

    gate: PlannedGate
    plan: Plan
    calls: int
    spread: Deviation
    orders: Orders

    @property
    def first_calls(self) -> int:
        """Calls for the known-bad control and the canary of a judge that tells answers apart."""
        limits = self.gate.rules.sensitivity
        control = 0 if limits.control == "none" else min(LEAST, self.gate.prompts)
        return self.calls and self.calls * control + min(limits.canary, CANARY_BLOCK)

    @property
    def most_first_calls(self) -> int:
        """The same of any judge, at most."""
        limits = self.gate.rules.sensitivity
        prompts = {"none": 0, "either": limits.control_prompts + SUBSTITUTE}.get(limits.control, limits.control_prompts)
        return self.calls and self.calls * min(prompts, 2 * self.gate.prompts) + limits.canary

    def world(self, win_rate: float) -> World:
        """The world of a candidate with this win rate."""
        return World(win_rate=win_rate, orders=self.orders).with_sd(self.spread.value)

    def scenario(self, name: str, win_rate: float) -> Scenario:
        """What the rules do to such a candidate."""
        gates = min(max(DRAWN // max(self.gate.prompts, 1), _FEWEST_GATES), _MOST_GATES)
        simulated = self.gate.simulate(self.world(win_rate), gates)
        passed, failed, undecided = (float((simulated.outcome == which).mean()) for which in (1, -1, 0))
        calls = self.first_calls + self.calls * float(np.sum([used.mean() for used in simulated.prompts.values()]))
        return Scenario(
            candidate=name,
            win_rate=win_rate,
            passed=passed,
            failed=failed,
            undecided=undecided,
            prompts=_prompts(simulated),
            calls=calls,
            dollars=self._dollars(calls),
        )

    def _dollars(self, calls: float) -> float | None:
        if not self.calls:
            return 0.0
        return None if self.plan.dollars is None else self.plan.dollars * calls / max(self.plan.judge_calls, 1)


def _prompts(simulated: SimulatedGates) -> float:
    """The mean number of prompts judged against the baseline, or else against the first model that there is."""
    return float(next(iter(simulated.prompts.values())).mean())


def _line(policy: Policy, store: Store | None) -> LinePlan | None:
    if policy.line is None:
        return None
    number = 1 + (0 if store is None else last_attempt(store, policy.line))
    return LinePlan(policy.line, number, share_of_attempt(number))


def _tested(rules: Rules, target: Target | None) -> dict[str, Any]:
    """The method, the limits and the alpha of the rules that the plan is about."""
    guard = rules.categories
    if target is None:
        figures = {"method": None, "floor": None, "ceiling": None, "alpha": None}
        return figures if guard is None else figures | {"method": "fixed", "floor": guard.floor, "alpha": guard.alpha}
    rule = next(iter(target.rules.values()))
    return {
        "method": rule.method,
        "floor": target.floor,
        "ceiling": None if rules.equivalence is None else 0.5 + rules.equivalence.within,
        "alpha": rule.alpha,
    }


def _detectable(rules: Rules, target: Target | None, prompts: int, world_of: Callable[[float], World]) -> float | None:
    if target is None or rules.equivalence is not None:
        return None
    return detectable_distance(target, prompts, world_of, most=1 - target.floor)


def _scenarios(target: Target | None) -> list[tuple[str, float]]:
    """The candidates that a plan tells of; where an equal one ought not to pass, also one that ought to."""
    named = [(name, 0.5 + edge) for name, edge in SCENARIOS]
    if target is None or target.equal:
        return named
    return [("as asked for", target.win_rate), *named]


def _categories(rules: Rules, gate: PlannedGate, spec: EvaluationSpec) -> dict[str, CategoryPlan]:
    """By category what the guard judges and sees; nothing is judged of one that it leaves out."""
    rule, guard = rules.categories, gate.guard
    taken = {} if guard is None else guard.taken
    counts = Counter(prompt.category for prompt in spec.measured_benchmark.prompts)
    return {
        name: CategoryPlan(n, len(taken.get(name, ())), _drop(rule, len(taken.get(name, ())), len(taken)))
        for name, n in sorted(counts.items())
    }


def _drop(rule: CategoriesRule | None, prompts: int, guarded: int) -> float | None:
    if rule is None or prompts < MIN_CATEGORY:
        return None
    return seen_drop(rule.floor, prompts, rule.alpha / guarded, rule.power)


def _together(parts: list[GatePlan]) -> tuple[Scenario, ...]:
    """What the candidates of the same name do on all benchmarks at once, which are judged one after the other."""
    if len(parts) == 1:
        return parts[0].scenarios
    shared = []
    for name, edge in SCENARIOS:
        found = [scenario for part in parts for scenario in part.scenarios if scenario.candidate == name]
        passed = float(np.prod([scenario.passed for scenario in found]))
        failed = 1 - float(np.prod([1 - scenario.failed for scenario in found]))
        costs = [scenario.dollars for scenario in found]
        shared.append(
            Scenario(
                candidate=name,
                win_rate=0.5 + edge,
                passed=passed,
                failed=failed,
                undecided=max(0.0, 1 - passed - failed),
                prompts=sum(scenario.prompts for scenario in found),
                calls=sum(scenario.calls for scenario in found),
                dollars=None if None in costs else sum(cost for cost in costs if cost is not None),
            )
        )
    return tuple(shared)
