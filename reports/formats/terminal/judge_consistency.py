"""How far a judge can be trusted, in the terminal."""

from tpobench.harness.judges.consistency import JudgeConsistency
from tpobench.harness.stats.intervals import Interval


def judge_consistency_lines(check: JudgeConsistency) -> list[str]:
    """What a check of a judge found, for the terminal."""
    repeats = "not measured: one call each; --repeats 2 measures it"
    if check.repeat_variance is not None and check.repeat_flips is not None:
        repeats = f"{check.repeat_variance:.4f} of the preference; {100 * check.repeat_flips:.1f}% change sides"
    return [
        f"judge              {check.judge}, {check.prompts} pairs, {check.calls} judgments",
        f"  flip rate        {_percent(check.flip_rate)} of the pairs change sides with the order",
        f"  first preferred  {_percent(check.first_preferred)} (50% without a position bias)",
        f"  missing          {100 * check.missing:.1f}% of the judgments",
        f"  repeat variance  {repeats}",
    ]


def _percent(interval: Interval | None) -> str:
    return (
        "-"
        if interval is None
        else "{:.1f}% ({:.1f}, {:.1f})".format(*(100 * value for value in (interval.mean, interval.low, interval.high)))
    )
