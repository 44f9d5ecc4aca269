"""What a gate would take, in the terminal."""

from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.gate.plan import GatePlan, Scenario


def gate_plan_lines(plan: GatePlan) -> list[str]:
    """A gate's plan for the terminal."""
    spread = f"{plan.sigma:.2f} ({'measured in this store' if plan.measured_sigma else 'assumed'})"
    needed = "no number of prompts" if plan.needed is None else f"{plan.needed:,} prompts"
    return [
        f"{plan.benchmark}: {plan.prompts} prompts, {plan.games} call(s) each at most, judge {plan.judge}",
        f"  floor      {plan.floor:.1%} at alpha {plan.alpha:g}; a prompt's preference has the deviation {spread}",
        f"  needs      {needed} for an equal candidate to pass 4 times out of 5 in a test on all of them",
        f"  detects    {100 * plan.detectable:.1f} points from the floor",
        *_category_lines(plan),
        "",
        f"  {'if it is':<16} {'win rate':>8} {'PASS':>6} {'FAIL':>6} {'unsure':>7} {'prompts':>8} {'calls':>7}  $",
        *(_scenario_line(scenario) for scenario in plan.scenarios),
        "",
        "pins, to keep prompts and judge as they are:",
        *(f"  {name}: {pin}" for name, pin in plan.pins.items()),
    ]


def _category_lines(plan: GatePlan) -> list[str]:
    if len(plan.categories) < 2:
        return []
    big = [
        (effect, f"{name} {100 * effect:.0f} ({count})")
        for name, (count, effect) in plan.categories.items()
        if count >= MIN_CATEGORY
    ]
    small = len(plan.categories) - len(big)
    parts = [", ".join(text for _, text in sorted(big))] * bool(big)
    parts += [f"{small} under {MIN_CATEGORY} prompts would be shown, not decided on"] * bool(small)
    return [f"             by category, in points (prompts): {'; '.join(parts)}"]


def _scenario_line(scenario: Scenario) -> str:
    dollars = "not known" if scenario.dollars is None else f"{scenario.dollars:,.2f}"
    shares = f"{scenario.passed:>6.0%} {scenario.failed:>6.0%} {scenario.undecided:>7.0%}"
    counts = f"{scenario.prompts:>8.0f} {scenario.calls:>7.0f}"
    return f"  {scenario.candidate:<16} {scenario.win_rate:>8.0%} {shares} {counts}  {dollars}"
