"""What a gate would take, estimated before anything is spent: prompts, calls and dollars if the candidate is better,
equal or worse, and what it could detect at all."""

from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any, Literal

from tpobench.harness.api.budget import Prices
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.judging import judge_for
from tpobench.harness.evaluation.plan import SIGMA, Plan, plan_for
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.gate.policy import Policy, spec_of
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.gate.rules import DEFAULT_ALPHA, WinRateRule
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.stats.power import anytime_critical, detectable, final_critical, prompts_to_see
from tpobench.harness.stats.simulation import World, simulate_gates
from tpobench.harness.store.judgments import preference_deviation
from tpobench.harness.store.store import Store

GATES = 2000
"""Gates simulated for each scenario: a share is known to about a hundredth."""

SCENARIOS = (("clearly better", 0.1), ("a little better", 0.03), ("equal", 0.0), ("clearly worse", -0.1))
"""The candidate's true win rate minus one half."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What the head-to-head does to a candidate with this true win rate: shares of gates, means of prompts and calls.
    `dollars` is None where a price is not known."""

    candidate: str
    win_rate: float
    passed: float
    failed: float
    undecided: float
    prompts: float
    calls: float
    dollars: float | None


@dataclass(frozen=True, kw_only=True)
class GatePlan:
    """`needed` is the number of prompts with which an equal candidate passes a fixed test with 80% power;
    `detectable` and those by category are distances from the floor that are seen as often."""

    benchmark: str
    judge: str
    prompts: int
    games: int
    sigma: float
    measured_sigma: bool
    floor: float
    alpha: float
    needed: int | None
    detectable: float
    categories: dict[str, tuple[int, float]]
    scenarios: tuple[Scenario, ...]
    pins: dict[str, str]

    def as_json(self) -> dict[str, Any]:
        """Everything, for ``--json``."""
        return asdict(self)


def plan_gate(policy: Policy, prices: Prices, store: Store | None) -> GatePlan:
    """The plan of a policy's head-to-head on its benchmark; anchor and champion take as much again.

    Args:
        policy: The rules, with `evaluate`.
        prices: Of calls to judges.
        store: Where the spread of this judge's preferences is measured, if it has judged; None without a store.

    Raises:
        UserError: The policy has no `evaluate`, or names what does not exist.
    """
    if policy.evaluate is None:
        raise UserError("the policy has no 'evaluate', so there is nothing to plan: what is stored costs nothing")
    if policy.head_to_head is None:
        raise UserError("the policy has no rule 'head_to_head', so there is nothing to plan")
    spec = spec_of(policy.evaluate, "", DIRECT)
    benchmark, rule = spec.measured_benchmark, policy.head_to_head
    with closing(judge_for(spec, None, Progress(quiet=True))) as judge:
        plan = plan_for(spec, prices, 1, None)
        measured = None if store is None else preference_deviation(store, judge.id, benchmark.name)
    sigma, n = SIGMA if measured is None else measured, len(benchmark.prompts)
    return GatePlan(
        benchmark=benchmark.name,
        judge=judge.label,
        prompts=n,
        games=plan.judge_calls // max(n, 1),
        sigma=sigma,
        measured_sigma=measured is not None,
        floor=rule.floor,
        alpha=rule.alpha,
        needed=prompts_to_see(rule.margin, sigma, final_critical(rule.method, rule.alpha)) if rule.margin > 0 else None,
        detectable=detectable(sigma, n, final_critical(rule.method, rule.alpha), most=1 - rule.floor),
        categories=_categories(policy, benchmark, sigma),
        scenarios=tuple(_scenario(rule, benchmark, plan, sigma, name, edge) for name, edge in SCENARIOS),
        pins={"judge": judge.id, "prompts": prompts_digest(benchmark.prompts)},
    )


def _categories(policy: Policy, benchmark: Benchmark, sigma: float) -> dict[str, tuple[int, float]]:
    """By category its number of prompts, and the distance from the floor that is seen in it."""
    counts = Counter(prompt.category for prompt in benchmark.prompts)
    guarded = sum(count >= MIN_CATEGORY for count in counts.values())
    share = (DEFAULT_ALPHA if policy.categories is None else policy.categories.alpha) / max(guarded, 1)
    return {name: (n, detectable(sigma, n, anytime_critical(share))) for name, n in sorted(counts.items())}


def _scenario(rule: WinRateRule, benchmark: Benchmark, plan: Plan, sigma: float, name: str, edge: float) -> Scenario:
    """What the rule does to a candidate whose true win rate is so much above one half."""
    n = len(benchmark.prompts)
    orders: Literal["both", "one"] = "both" if benchmark.orders == "both" else "one"
    world = World(win_rate=0.5 + edge, orders=orders).with_sd(sigma)
    simulated = simulate_gates(world, n, GATES, rule.floor, rule.alpha, rule.method)
    return Scenario(
        candidate=name,
        win_rate=0.5 + edge,
        passed=simulated.passed,
        failed=simulated.failed,
        undecided=simulated.undecided,
        prompts=simulated.prompts,
        calls=plan.judge_calls // max(n, 1) * simulated.prompts,
        dollars=None if plan.dollars is None else plan.dollars * simulated.prompts / max(n, 1),
    )
