"""What a gate would take, told before anything is spent: prompts, calls and dollars if the candidate is better, equal
or worse, and what it could see at all."""

from dataclasses import asdict, dataclass
from typing import Any

from tpobench.harness.api.budget import Prices
from tpobench.harness.evaluation.judging import judge_for
from tpobench.harness.evaluation.plan import SIGMA, plan_for
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.power import anytime_critical, detectable, final_critical, prompts_needed
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.progress import Progress
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

    def line(self) -> str:
        dollars = "not known" if self.dollars is None else f"{self.dollars:,.2f}"
        shares = f"{self.passed:>6.0%} {self.failed:>6.0%} {self.undecided:>7.0%}"
        return (
            f"  {self.candidate:<16} {self.win_rate:>8.0%} {shares} {self.prompts:>8.0f} {self.calls:>7.0f}  {dollars}"
        )


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
        return asdict(self)

    def lines(self) -> list[str]:
        spread = f"{self.sigma:.2f} ({'measured in this store' if self.measured_sigma else 'assumed'})"
        needed = "no number of prompts" if self.needed is None else f"{self.needed:,} prompts"
        return [
            f"{self.benchmark}: {self.prompts} prompts, {self.games} call(s) each at most, judge {self.judge}",
            f"  floor      {self.floor:.1%} at alpha {self.alpha:g}; a prompt's preference has the deviation {spread}",
            f"  needs      {needed} for an equal candidate to pass 4 times out of 5 in a test on all of them",
            f"  detects    {100 * self.detectable:.1f} points from the floor",
            *self._category_lines(),
            "",
            f"  {'if it is':<16} {'win rate':>8} {'PASS':>6} {'FAIL':>6} {'unsure':>7} {'prompts':>8} {'calls':>7}  $",
            *(row.line() for row in self.scenarios),
            "",
            "pins, to keep prompts and judge as they are:",
            *(f"  {name}: {pin}" for name, pin in self.pins.items()),
        ]

    def _category_lines(self) -> list[str]:
        if len(self.categories) < 2:
            return []
        big = [
            (effect, f"{name} {100 * effect:.0f} ({count})")
            for name, (count, effect) in self.categories.items()
            if count >= MIN_CATEGORY
        ]
        small = len(self.categories) - len(big)
        told = [", ".join(text for _, text in sorted(big))] * bool(big)
        told += [f"{small} under {MIN_CATEGORY} prompts would be shown, not decided on"] * bool(small)
        return [f"             by category, in points (prompts): {'; '.join(told)}"]


def plan_gate(policy: Policy, contest: EvaluationSpec, prices: Prices, store: Store | None) -> GatePlan:
    """The plan of a policy's head-to-head on its benchmark; anchor and champion take as much again."""
    measured, rule = contest.measured_benchmark, policy.head_to_head
    judge = judge_for(contest, None, Progress(quiet=True))
    n, orders = len(measured.prompts), 2 if measured.orders == "both" else 1
    asked = plan_for(contest, prices, 1, None)
    games = asked.judge_calls // max(n, 1)
    seen = None if store is None else preference_deviation(store, judge.id, measured.name)
    sigma = SIGMA if seen is None else seen
    counts: dict[str, int] = {}
    for prompt in measured.prompts:
        counts[prompt.category] = counts.get(prompt.category, 0) + 1
    guarded = sum(count >= MIN_CATEGORY for count in counts.values())
    share = (0.05 if policy.categories is None else policy.categories.alpha) / max(guarded, 1)
    scenarios = []
    for name, edge in SCENARIOS:
        world = World(win_rate=0.5 + edge, orders="both" if orders == 2 else "one").with_sd(sigma)
        found = simulate_gates(world, n, GATES, rule.floor, rule.alpha, rule.method)
        dollars = None if asked.dollars is None else asked.dollars * found.prompts / max(n, 1)
        scenarios.append(
            Scenario(
                candidate=name,
                win_rate=0.5 + edge,
                passed=found.passed,
                failed=found.failed,
                undecided=found.undecided,
                prompts=found.prompts,
                calls=games * found.prompts,
                dollars=dollars,
            )
        )
    return GatePlan(
        benchmark=measured.name,
        judge=judge.label,
        prompts=n,
        games=games,
        sigma=sigma,
        measured_sigma=seen is not None,
        floor=rule.floor,
        alpha=rule.alpha,
        needed=prompts_needed(sigma, rule),
        detectable=detectable(sigma, n, final_critical(rule)),
        categories={name: (n, detectable(sigma, n, anytime_critical(share))) for name, n in sorted(counts.items())},
        scenarios=tuple(scenarios),
        pins={"judge": judge.id, "prompts": prompts_digest(measured.prompts)},
    )
