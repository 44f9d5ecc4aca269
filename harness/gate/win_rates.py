"""The win-rate rules: is the candidate's win rate over another model certainly above the floor, or below it?"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tpobench.harness.gate.comparison import JudgedPrefix
from tpobench.harness.gate.decision import Outcome, RuleResult
from tpobench.harness.gate.rules import EquivalenceRule, WinRateRule
from tpobench.harness.stats.intervals import Floats, lower_bound
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.stats.power import detectable, final_critical, prompts_to_see
from tpobench.harness.stats.sequential import Direction, Method, anytime_bound, decide_mean, mean_test, split_alpha

MIN_CLUSTERS = 30
"""Nothing is decided on fewer clusters, however many prompts they have."""


@dataclass(frozen=True, kw_only=True)
class Observations:
    """What a test sees: one value for each prompt, or for each cluster whose prompts are all there.

    `low` counts a missing judgment as lost, `high` as won; shape (n,). `sizes` are prompts, and `weights` those over
    the largest size that there is. `final` is the number of observations that the one test of all is about.
    """

    low: Floats
    high: Floats
    sizes: npt.NDArray[np.int64]
    weights: Floats | None
    final: int


def win_rate_outcome(rule: WinRateRule, prefix: JudgedPrefix) -> tuple[Outcome, int]:
    """The outcome on what has been consumed, and the number of prompts that it took: INCONCLUSIVE while more could
    decide it, INVALID when too many judgments are missing."""
    consumed = len(prefix.values)
    if is_invalid(prefix):
        return "INVALID", consumed
    seen = observations(prefix)
    decided = decide_mean(seen.low, seen.high, rule.floor, rule.alpha, rule.method, seen.final, seen.weights)
    if not decided.outcome:
        return "INCONCLUSIVE", consumed
    clusters = int(decided.used) if prefix.clusters is None else max(int(decided.used), MIN_CLUSTERS)
    used = _enough_verdicts(prefix, int(seen.sizes[:clusters].sum()))
    if clusters > seen.low.size:
        return "INCONCLUSIVE", consumed
    if used > consumed:
        return ("INVALID" if prefix.complete else "INCONCLUSIVE"), consumed
    return ("PASS" if decided.outcome > 0 else "FAIL"), used


def equivalence_outcome(rule: EquivalenceRule, prefix: JudgedPrefix) -> tuple[Outcome, int]:
    """The same for two one-sided tests: PASS where the win rate is certainly inside, FAIL where it is certainly
    outside on one side (Schuirmann, "A comparison of the two one-sided tests procedure")."""
    above, used_above = win_rate_outcome(_side(rule, -1), prefix)
    below, used_below = win_rate_outcome(_side(rule, 1), prefix)
    if "INVALID" in (above, below):
        return "INVALID", len(prefix.values)
    if above == "FAIL":
        return "FAIL", used_above
    if below == "PASS":
        return "FAIL", used_below
    if (above, below) == ("PASS", "FAIL"):
        return "PASS", max(used_above, used_below)
    return "INCONCLUSIVE", len(prefix.values)


def judge_win_rate(
    name: str,
    rule: WinRateRule,
    prefix: JudgedPrefix,
    *,
    against: str,
    advice: str = "",
    dollars_per_prompt: float | None = None,
) -> RuleResult:
    """The rule's result on what has been consumed, with the interval that belongs to its tests.

    Args:
        name: What the result is called, such as ``head_to_head``.
        rule: The margin, the alpha and the method.
        prefix: What has been consumed.
        against: What to call the other model.
        advice: What to do where too many judgments are missing.
        dollars_per_prompt: What judging one more prompt costs, where that is known.
    """
    floor = f"the floor of {rule.floor:.1%}"
    readings = {"PASS": f"above {floor}", "FAIL": f"below {floor}"}
    readings["INCONCLUSIVE"] = f"neither certainly above nor below {floor}"

    def evidence(outcome: Outcome, part: JudgedPrefix, seen: Observations) -> dict[str, Any]:
        e_value, p_value = _evidence(seen, rule, "below" if outcome == "FAIL" else "above")
        figures = {"e_value": e_value, "p_value": p_value, "detectable": _detectable(rule, part)}
        return figures | (_still_needed(rule, part, dollars_per_prompt) if outcome == "INCONCLUSIVE" else {})

    result = _told(rule, prefix, win_rate_outcome(rule, prefix), readings, evidence, against=against, advice=advice)
    return replace(result, rule=name, limit=rule.floor)


def judge_equivalence(
    name: str, rule: EquivalenceRule, prefix: JudgedPrefix, *, against: str, advice: str = ""
) -> RuleResult:
    """The result of the equivalence rule on what has been consumed; arguments as for `judge_win_rate`."""
    range_ = f"{0.5 - rule.within:.1%} to {0.5 + rule.within:.1%}"
    readings = {"PASS": f"inside {range_}", "FAIL": f"outside {range_}"}
    readings["INCONCLUSIVE"] = f"neither certainly inside nor outside {range_}"

    def evidence(outcome: Outcome, part: JudgedPrefix, seen: Observations) -> dict[str, Any]:
        above, below = _evidence(seen, _side(rule, -1), "above"), _evidence(seen, _side(rule, 1), "below")
        return {"p_value": max(above[1], below[1])}

    result = _told(rule, prefix, equivalence_outcome(rule, prefix), readings, evidence, against=against, advice=advice)
    return replace(result, rule=name, limit=rule.within)


def _told(
    rule: WinRateRule | EquivalenceRule,
    prefix: JudgedPrefix,
    decided: tuple[Outcome, int],
    readings: Mapping[str, str],
    evidence: Callable[[Outcome, JudgedPrefix, Observations], dict[str, Any]],
    *,
    against: str,
    advice: str,
) -> RuleResult:
    """A rule's result without its name and limit: the win rate over the prompts that the decision took, its interval,
    and what the outcome reads like."""
    outcome, used = decided
    figures: dict[str, Any] = {"rule": "", "outcome": outcome, "alpha": rule.alpha, "prompts": used, "of": prefix.total}
    if outcome == "INVALID":
        return RuleResult(sentence=_missing_sentence(prefix, advice), **figures)
    part = replace(prefix, prompts=prefix.prompts[:used], values=prefix.values[:used])
    following = prefix.prompts[used - 1 : used + 1]
    seen = observations(part, closed=len({prompt.category for prompt in following}) > 1)
    low, high = interval(rule.method, rule.alpha, seen)
    value = mean(part)
    if value is not None:  # what was ruled out on the way may be where the mean is now
        low, high = min(low, value), max(high, value)
    sentence = (
        f"{_win_rate(part)} against {against} over {_consumed(part, seen)} is {readings[outcome]} ({low:.1%} to "
        f"{high:.1%} at alpha {rule.alpha:.2g}, {rule.method}{_missing(part)})"
    )
    figures |= evidence(outcome, part, seen)
    return RuleResult(sentence=sentence, value=value, low=low, high=high, **figures)


def is_invalid(prefix: JudgedPrefix) -> bool:
    """Whether there is nothing to judge, or too much of it has no verdict."""
    return prefix.of == 0 or prefix.missing > MAX_MISSING * prefix.of


def observations(prefix: JudgedPrefix, closed: bool = False) -> Observations:
    """One for each prompt, or the mean of each cluster whose prompts are all there, with its size: the mean that is
    tested is the one over prompts, clusters change its variance alone. The last cluster may go on unless it is
    `closed`."""
    low, high = _as_array(prefix.values, 0.0), _as_array(prefix.values, 1.0)
    if prefix.clusters is None or not prefix.values:
        return Observations(
            low=low, high=high, sizes=np.ones(low.size, dtype=np.int64), weights=None, final=prefix.final
        )
    names = [prompt.category for prompt in prefix.prompts]
    starts = [0, *(index for index in range(1, len(names)) if names[index] != names[index - 1])]
    sizes = np.diff([*starts, len(names)])
    whole = len(starts) if prefix.complete or closed else len(starts) - 1
    means = [(np.add.reduceat(side, starts) / sizes)[:whole] for side in (low, high)]
    final = whole if prefix.complete else whole + 1
    weights = sizes[:whole] / prefix.largest
    return Observations(low=means[0], high=means[1], sizes=sizes[:whole], weights=weights, final=final)


def interval(method: Method, alpha: float, seen: Observations) -> tuple[float, float]:
    """The win rates that the tests on what has been consumed do not rule out, each end at `alpha`: a floor outside it
    is decided, one inside is not."""
    final = seen.low.size >= seen.final
    ends = []
    for values, direction in ((seen.low, "above"), (1 - seen.high, "below")):
        early, late = split_alpha(method, alpha, direction)  # type: ignore[arg-type]
        bound = anytime_bound(values, early, seen.weights) if early else 0.0
        if late and final and values.size:
            weights = None if seen.weights is None else seen.weights[: seen.final]
            bound = max(bound, lower_bound(values[: seen.final], late, weights))
        ends.append(bound)
    return (ends[0], 1 - ends[1]) if ends[0] <= 1 - ends[1] else (1 - ends[1], ends[0])


def mean(part: JudgedPrefix) -> float | None:
    """The win rate over the prompts that have a verdict."""
    return float(np.mean(part.seen)) if part.seen else None


def _side(rule: EquivalenceRule, sign: int) -> WinRateRule:
    """One of the two tests: of the win rate below one half, or of that above."""
    return WinRateRule(margin=-sign * rule.within, alpha=rule.alpha, method=rule.method)


def _evidence(seen: Observations, rule: WinRateRule, direction: Direction) -> tuple[float, float]:
    if direction == "above":
        return mean_test(seen.low, rule.floor, rule.method, direction, seen.final, seen.weights)
    return mean_test(1 - seen.high, 1 - rule.floor, rule.method, direction, seen.final, seen.weights)


def _detectable(rule: WinRateRule, part: JudgedPrefix) -> float:
    """The distance from the floor that all prompts together see."""
    return detectable(
        _spread(part), part.of, final_critical(rule.method, rule.alpha), most=max(rule.floor, 1 - rule.floor)
    )


def _still_needed(rule: WinRateRule, part: JudgedPrefix, dollars_per_prompt: float | None) -> dict[str, Any]:
    """Prompts and dollars that are still needed, if the win rate is the observed one."""
    value = mean(part)
    if value is None or value <= rule.floor:
        return {}
    total = prompts_to_see(value - rule.floor, _spread(part), final_critical(rule.method, rule.alpha))
    needed = max(total - len(part.values), 0)
    if not needed:
        return {}
    return {"needed": needed, "dollars": None if dollars_per_prompt is None else needed * dollars_per_prompt}


def _spread(part: JudgedPrefix) -> float:
    """The standard deviation of a prompt's preference; never 0, however alike the few are that were seen."""
    return float(np.std([*part.seen, 0.0, 1.0]))


def _win_rate(part: JudgedPrefix) -> str:
    value = mean(part)
    return "no win rate yet" if value is None else f"win rate {value:.1%}"


def _consumed(part: JudgedPrefix, seen: Observations) -> str:
    clusters = "" if part.clusters is None else f" in {seen.low.size} clusters"
    return f"{len(part.values)} of {part.total} prompts{clusters}"


def _missing(part: JudgedPrefix) -> str:
    return f", {part.missing} missing" if part.missing else ""


def _missing_sentence(prefix: JudgedPrefix, advice: str) -> str:
    if prefix.of == 0:
        return "there are no prompts to judge"
    missing = f"{prefix.missing} of {prefix.of} judgments are missing, more than {MAX_MISSING:.0%}"
    return f"{missing}; {advice}".removesuffix("; ")


def _as_array(values: Sequence[float | None], missing: float) -> Floats:
    return np.array([missing if value is None else value for value in values], dtype=float)


def _enough_verdicts(prefix: JudgedPrefix, used: int) -> int:
    """The first number of prompts, from `used` on, of which few enough are missing; more than there are if none is."""
    missing = np.cumsum([value is None for value in prefix.values])
    for count in range(used, len(prefix.values) + 1):
        if missing[count - 1] <= MAX_MISSING * count:
            return count
    return len(prefix.values) + 1
