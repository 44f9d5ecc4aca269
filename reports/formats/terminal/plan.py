"""What an evaluation would take, in the terminal."""

from tpobench.harness.evaluation.plan import Plan


def plan_lines(plan: Plan) -> list[str]:
    """An evaluation's plan for the terminal."""
    of = "" if plan.rows in (None, plan.prompts) else f" of {plan.rows}"
    why = f" ({plan.left_out})" if plan.left_out else ""
    dollars = "not known: the price file lists no such model" if plan.dollars is None else f"${plan.dollars:,.2f}"
    source = "measured in this store" if plan.measured_rate else "assumed"
    calls = plan.sampling_calls + plan.judge_calls
    lines = [
        f"{plan.benchmark}: {plan.prompts}{of} prompts{why}, {_measured(plan)}",
        f"  calls      {plan.sampling_calls:,} to sample, {plan.judge_calls:,} to judge, at most",
        f"  tokens     {plan.prompt_tokens:,} to the judge, at most {plan.completion_tokens:,} back",
        f"  dollars    {dollars}, for judging",
        *_sampled_here(plan),
        f"  minutes    {_minutes(plan)}" + (f", at {plan.seconds_a_call:.1f} s a call ({source})" if calls else ""),
    ]
    if not plan.judge:
        return lines
    lines.append(f"  detects    a win rate {100 * plan.detectable:.1f} points from 50% (80% power, 5% two-sided)")
    if plan.smallest_category is not None:
        name, count, effect = plan.smallest_category
        lines.append(f"             {100 * effect:.1f} points in the smallest category, {name} ({count} prompts)")
    return lines


def _measured(plan: Plan) -> str:
    own = f"metrics {', '.join(plan.metrics)}" if plan.metrics else ""
    return ", ".join(filter(None, [f"judge {plan.judge}" if plan.judge else "no judge", own]))


def _sampled_here(plan: Plan) -> list[str]:
    return [f"  outputs    {plan.sampled_here:,} to sample on this machine"] if plan.sampled_here else []


def _minutes(plan: Plan) -> str:
    if plan.minutes is None:
        return "not known: no sampling with a model of this size was measured on this machine yet"
    return f"{plan.minutes:.1f}" if plan.minutes >= 0.05 or not plan.minutes else f"{plan.minutes:.2g}"
