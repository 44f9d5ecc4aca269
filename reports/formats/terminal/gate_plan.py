"""What a gate would take, in the terminal."""

import textwrap
from collections.abc import Sequence

from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.gate.plan import GatePlan, PolicyPlan, Scenario

WIDTH = 110
"""Longer lines are wrapped."""


def policy_plan_lines(plan: PolicyPlan) -> list[str]:
    """A policy's plan for the terminal."""
    lines = [line for name, part in plan.parts.items() for line in (*_titled(name), *gate_plan_lines(part), "")]
    if len(plan.parts) > 1:
        lines += ["all benchmarks together, the same candidate on each:", *scenario_lines(plan.scenarios), ""]
    if plan.unasked:
        lines += [f"no judge is asked for {', '.join(plan.unasked)}", ""]
    if plan.line is not None:
        share = f"{plan.line.share:.1%} of each alpha"
        lines += [
            f"the next gate of the line {plan.line.line!r} is number {plan.line.number} and may spend {share}",
            "",
        ]
    return lines[:-1]


def gate_plan_lines(plan: GatePlan) -> list[str]:
    """The plan for one benchmark."""
    calls = "no calls, the judge is free" if not plan.games else f"{plan.games} call(s) each at most"
    most = f"; at most {plan.most_first_calls} if it cannot"
    first = f"  before     {plan.first_calls} calls, to see whether the judge can tell answers apart{most}"
    return [
        f"{plan.benchmark}: {plan.prompts} prompts, {calls}, judge {plan.judge}",
        *_limits(plan),
        f"  spread     a prompt's preference has the deviation {plan.sigma:.2f} ({_source(plan)})",
        *_needs(plan),
        *_category_lines(plan),
        *([first] if plan.first_calls else []),
        *_others(plan),
        "",
        *scenario_lines(plan.scenarios),
        *([""] if plan.problems or plan.advice else []),
        *(line for sentence in (*plan.problems, *plan.advice) for line in textwrap.wrap(sentence, WIDTH)),
        "",
        "pins, to keep prompts and judge as they are:",
        *(f"  {name}: {pin}" for name, pin in plan.pins.items()),
    ]


def scenario_lines(scenarios: Sequence[Scenario]) -> list[str]:
    """The table of candidates, simulated with the policy's own rules."""
    return [
        f"  {'if it is':<16} {'win rate':>8} {'PASS':>6} {'FAIL':>6} {'unsure':>7} {'prompts':>8} {'calls':>7}  $",
        *(_scenario_line(scenario) for scenario in scenarios),
    ]


def _titled(name: str) -> list[str]:
    return [f"benchmark {name!r}:"] if name else []


def _source(plan: GatePlan) -> str:
    if not plan.measured_sigma:
        return "assumed: the store holds no comparable evaluation"
    return f"measured in {plan.sigma_evaluations} comparable evaluation(s) of this store"


def _limits(plan: GatePlan) -> list[str]:
    if plan.floor is None:
        return ["  floor      no rule is on a win rate; the figures of its rules need all prompts"]
    ceiling = "" if plan.ceiling is None else f", ceiling {plan.ceiling:.1%}"
    return [f"  floor      {plan.floor:.1%}{ceiling} at alpha {plan.alpha:.2g}, method {plan.method}"]


def _others(plan: GatePlan) -> list[str]:
    others = [f"the {role}" for role in plan.roles if role != "head_to_head"]
    if not others:
        return []
    return [f"  also       against {' and '.join(others)}, assumed to be as good as the baseline; includes their calls"]


def _needs(plan: GatePlan) -> list[str]:
    lines = []
    if plan.needed is not None and plan.needed_win_rate is not None:
        equal = plan.needed_win_rate == 0.5
        candidate = "an equal candidate" if equal else f"a candidate with a win rate of {plan.needed_win_rate:.1%}"
        enough = "" if plan.needed <= plan.prompts else "; these are too few"
        lines.append(f"  needs      {plan.needed:,} prompts for {candidate} to pass 4 times out of 5{enough}")
    if plan.detectable is not None:
        lines.append(f"  detects    {100 * plan.detectable:.1f} points from the floor, also 4 times out of 5")
    return lines


def _category_lines(plan: GatePlan) -> list[str]:
    guarded = {name: category for name, category in plan.categories.items() if category.judged}
    if guarded:
        parts = [
            f"{name} {'no drop' if category.drop is None else f'{100 * category.drop:.0f} points'} ({category.judged})"
            for name, category in guarded.items()
        ]
        text = f"  guards     by category, the smallest drop that is detected (prompts judged): {', '.join(parts)}"
        return textwrap.wrap(text, WIDTH, subsequent_indent=" " * 13)
    large = sum(category.prompts >= MIN_CATEGORY for category in plan.categories.values())
    if len(plan.categories) < 2:
        return []
    return [
        f"  guards     none of {len(plan.categories)} categories; a guard needs {MIN_CATEGORY} prompts, which "
        f"{large or 'none'} of them have"
    ]


def _scenario_line(scenario: Scenario) -> str:
    dollars = "not known" if scenario.dollars is None else f"{scenario.dollars:,.2f}"
    shares = f"{scenario.passed:>6.0%} {scenario.failed:>6.0%} {scenario.undecided:>7.0%}"
    counts = f"{scenario.prompts:>8.0f} {scenario.calls:>7.0f}"
    return f"  {scenario.candidate:<16} {scenario.win_rate:>8.0%} {shares} {counts}  {dollars}"
