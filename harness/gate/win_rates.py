"""The win-rate rule: is the candidate's win rate over another model certainly above the floor, or below it?"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tpobench.harness.gate.comparison import JudgedPrefix
from tpobench.harness.gate.decision import MAX_MISSING, Outcome, RuleResult
from tpobench.harness.gate.policy import WinRateRule
from tpobench.harness.stats.intervals import one_sided_bound
from tpobench.harness.stats.sequential import Floats, confidence_sequence, decide_mean, split_alpha


def win_rate_outcome(rule: WinRateRule, prefix: JudgedPrefix) -> tuple[Outcome, int]:
    """The outcome on what has been consumed, and the number of prompts that it took: INCONCLUSIVE while more could
    decide it, INVALID when too many judgments are missing."""
    consumed = len(prefix.values)
    complete = consumed == prefix.of
    if prefix.of == 0 or prefix.missing > MAX_MISSING * prefix.of:
        return "INVALID", consumed
    sizes, low, high = observations(prefix, complete)
    decided = decide_mean(low, high, rule.floor, rule.alpha, rule.method, complete)
    if not decided.outcome:
        return "INCONCLUSIVE", consumed
    used = _enough_verdicts(prefix, int(sizes[: int(decided.used)].sum()))
    if used > consumed:
        return ("INVALID" if complete else "INCONCLUSIVE"), consumed
    return ("PASS" if decided.outcome > 0 else "FAIL"), used


def judge_win_rate(name: str, rule: WinRateRule, prefix: JudgedPrefix, *, against: str, advice: str = "") -> RuleResult:
    """The rule's result on what has been consumed, with the interval that belongs to the test that was made last.

    Args:
        name: What the result is called, such as ``head_to_head``.
        rule: The margin, the alpha and the method.
        prefix: What has been consumed.
        against: What to call the other model.
        advice: What to do where too many judgments are missing.
    """
    outcome, used = win_rate_outcome(rule, prefix)
    figures: dict[str, Any] = {"limit": rule.floor, "alpha": rule.alpha, "prompts": used, "of": prefix.of}
    if outcome == "INVALID":
        missing = f"{prefix.missing} of {prefix.of} judgments are missing, more than {MAX_MISSING:.0%}"
        sentence = "there are no prompts to judge" if prefix.of == 0 else f"{missing}; {advice}".removesuffix("; ")
        return RuleResult(rule=name, outcome=outcome, sentence=sentence, **figures)
    part = replace(prefix, prompts=prefix.prompts[:used], values=prefix.values[:used])
    value = _mean(part)
    low, high, when = _interval(rule, part)
    reading = {"PASS": "above", "FAIL": "below", "INCONCLUSIVE": "neither certainly above nor below"}[outcome]
    sentence = (
        f"{'no win rate yet' if value is None else f'win rate {value:.1%}'} against {against} over {used} of "
        f"{prefix.of} prompts is {reading} the floor of {rule.floor:.1%} ({low:.1%} to {high:.1%} {when}, "
        f"alpha {rule.alpha:.2g}, {rule.method}{f', {part.missing} missing' if part.missing else ''})"
    )
    return RuleResult(rule=name, outcome=outcome, sentence=sentence, value=value, low=low, high=high, **figures)


def observations(prefix: JudgedPrefix, complete: bool) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """Prompts in each observation, and the observations as they count for promotion and for rejection: one for each
    prompt, or the mean of each cluster whose prompts are all there. A missing judgment counts against either."""
    low, high = _as_array(prefix.values, 0.0), _as_array(prefix.values, 1.0)
    if prefix.clusters is None or not prefix.values:
        return np.ones(low.size, dtype=np.int64), low, high
    names = [prompt.category for prompt in prefix.prompts]
    starts = [0, *(index for index in range(1, len(names)) if names[index] != names[index - 1])]
    sizes = np.diff([*starts, len(names)])
    whole = len(starts) if complete else len(starts) - 1  # the last cluster may go on
    means = [np.add.reduceat(side, starts) / sizes for side in (low, high)]
    return sizes[:whole], means[0][:whole], means[1][:whole]


def _interval(rule: WinRateRule, part: JudgedPrefix) -> tuple[float, float, str]:
    """The means that the test could not rule out, and whether that holds at any time or on all prompts."""
    early, late = split_alpha(rule.method, rule.alpha)
    complete = len(part.values) == part.of
    _, low, high = observations(part, True)
    if late and low.size and complete:
        return one_sided_bound(low.tolist(), late)[0], one_sided_bound(high.tolist(), late)[1], "on all prompts"
    level = 1 - 2 * (early or rule.alpha)
    return confidence_sequence(low, level)[0], confidence_sequence(high, level)[1], "at any time"


def _mean(part: JudgedPrefix) -> float | None:
    """The win rate as it is tested: over prompts, or over clusters; missing ones left out."""
    if part.clusters is None or not part.seen:
        return float(np.mean(part.seen)) if part.seen else None
    by_cluster: dict[str, list[float]] = {}
    for prompt, value in zip(part.prompts, part.values, strict=True):
        if value is not None:
            by_cluster.setdefault(prompt.category, []).append(value)
    return float(np.mean([np.mean(values) for values in by_cluster.values()]))


def _as_array(values: Sequence[float | None], missing: float) -> Floats:
    return np.array([missing if value is None else value for value in values], dtype=float)


def _enough_verdicts(prefix: JudgedPrefix, used: int) -> int:
    """The first number of prompts, from `used` on, of which few enough are missing; more than there are if none is."""
    missing = np.cumsum([value is None for value in prefix.values])
    for count in range(used, len(prefix.values) + 1):
        if missing[count - 1] <= MAX_MISSING * count:
            return count
    return len(prefix.values) + 1
