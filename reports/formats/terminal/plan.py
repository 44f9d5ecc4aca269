"""What an evaluation would take, in the terminal."""

from tpobench.harness.evaluation.plan import Plan


def plan_lines(plan: Plan) -> list[str]:
    """An evaluation's plan for the terminal."""
    of = "" if plan.rows in (None, plan.prompts) else f" of {plan.rows}"
    dollars = "not known: the price file lists no such model" if plan.dollars is None else f"${plan.dollars:,.2f}"
    source = "measured in this store" if plan.measured_rate else "assumed"
    lines = [
        f"{plan.benchmark}: {plan.prompts}{of} prompts, judge {plan.judge}",
        f"  calls      {plan.sampling_calls:,} to sample, {plan.judge_calls:,} to judge, at most",
        f"  tokens     {plan.prompt_tokens:,} to the judge, at most {plan.completion_tokens:,} back",
        f"  dollars    {dollars}, for judging",
        f"  minutes    {plan.minutes:.1f}, at {plan.seconds_a_call:.1f} s a call ({source})",
        f"  detects    a win rate {100 * plan.detectable:.1f} points from 50% (80% power, 5% two-sided)",
    ]
    if plan.smallest_category is not None:
        name, count, effect = plan.smallest_category
        lines.append(f"             {100 * effect:.1f} points in the smallest category, {name} ({count} prompts)")
    return lines
