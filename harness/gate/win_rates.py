"""The rules that need a judge: candidate against opponent, prompt by prompt in a frozen order, as far as it takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from tpobench.harness.gate.decision import ClearPrompt, Outcome, RuleResult
from tpobench.harness.gate.free_rules import MAX_MISSING
from tpobench.harness.gate.policy import CategoriesRule, WinRateRule
from tpobench.harness.records import Prompt, content_key
from tpobench.harness.stats.intervals import one_sided_bound
from tpobench.harness.stats.multiplicity import holm
from tpobench.harness.stats.sequential import Floats, confidence_sequence, decide_mean, split_alpha, wealth

MIN_CATEGORY = 30
"""A category with fewer prompts is shown, never decided on."""

POWER_Z = 0.841621
"""80% power."""

_TELLING = 5


class PreferenceSource(Protocol):
    """Candidate against one opponent. `against` names it; `free` says that judging costs nothing; `advice` is what to
    do about judgments that are missing."""

    @property
    def against(self) -> str: ...

    @property
    def prompts(self) -> Sequence[Prompt]: ...

    @property
    def free(self) -> bool: ...

    @property
    def advice(self) -> str: ...

    def judge(self, places: Sequence[int]) -> list[float | None]:
        """The candidate's preference on the prompts at these places, in [0, 1]; None where it is missing."""


@dataclass(frozen=True)
class JudgedPrefix:
    """What has been consumed of a duel, in the frozen order; `of` is the number of prompts that it has."""

    prompts: Sequence[Prompt]
    values: Sequence[float | None]
    of: int
    clusters: str | None = None

    @property
    def missing(self) -> int:
        return sum(value is None for value in self.values)

    @property
    def seen(self) -> list[float]:
        return [value for value in self.values if value is not None]


class SequentialComparison:
    """A duel that is judged bit by bit. The order depends on the seed and the prompts alone, never on what came in
    first: slow prompts are long prompts."""

    def __init__(self, duel: PreferenceSource, seed: int, clusters: str | None = None) -> None:
        self.duel = duel
        self._order = frozen_order(duel.prompts, seed, clusters)
        self._category = [prompt.category for prompt in duel.prompts]
        self._clusters = clusters
        self._values: dict[int, float | None] = {}
        self._reached = 0

    @property
    def complete(self) -> bool:
        return self._reached == len(self._order)

    @property
    def judged(self) -> int:
        return len(self._values)

    def advance(self, count: int) -> None:
        """Judge the next `count` prompts of the order."""
        self._judge(self._order[self._reached : self._reached + count])
        self._reached = min(self._reached + count, len(self._order))

    def observed(self) -> JudgedPrefix:
        return self._part(self._order[: self._reached])

    def advance_categories(self, least: int) -> None:
        """Judge the first `least` prompts of every category that is decided on, or all where it has fewer."""
        for places in self._places_by_category().values():
            if len(places) >= MIN_CATEGORY:
                self._judge(places[:least])

    def by_category(self) -> dict[str, JudgedPrefix]:
        """What has been judged of each category. Judges nothing."""
        return {
            category: self._part([place for place in places if place in self._values], len(places))
            for category, places in self._places_by_category().items()
        }

    def _places_by_category(self) -> dict[str, list[int]]:
        """The places of each category, in the frozen order."""
        categories = sorted({self._category[place] for place in self._order})
        return {name: [place for place in self._order if self._category[place] == name] for name in categories}

    def _part(self, places: Sequence[int], of: int | None = None) -> JudgedPrefix:
        prompts = [self.duel.prompts[place] for place in places]
        values = [self._values[place] for place in places]
        return JudgedPrefix(prompts, values, len(self._order) if of is None else of, self._clusters)

    def _judge(self, places: Iterable[int]) -> None:
        wanted = [place for place in places if place not in self._values]
        if wanted:
            self._values |= dict(zip(wanted, self.duel.judge(wanted), strict=True))


def frozen_order(prompts: Sequence[Prompt], seed: int, clusters: str | None = None) -> list[int]:
    """Places in the order in which they are consumed: a seeded permutation of the texts that other prompts do not
    change. A text that is there again is left out: one prompt is one observation. Clusters stay together."""
    first: dict[str, int] = {}
    for number, prompt in enumerate(prompts):
        first.setdefault(prompt.text_key, number)

    def place(number: int) -> tuple[str, str]:
        prompt = prompts[number]
        whole = content_key("order", seed, prompt.category) if clusters else ""
        return whole, content_key("order", seed, prompt.text_key)

    return sorted(first.values(), key=place)


def win_rate_outcome(rule: WinRateRule, observed: JudgedPrefix) -> tuple[Outcome, int]:
    """The outcome on what has been consumed, and the number of prompts that it took: INCONCLUSIVE while more could
    decide it, INVALID when too many judgments are missing."""
    consumed = len(observed.values)
    complete = consumed == observed.of
    if observed.of == 0 or observed.missing > MAX_MISSING * observed.of:
        return "INVALID", consumed
    sizes, low, high = observations(observed, complete)
    found = decide_mean(low, high, rule.floor, rule.alpha, rule.method, complete)
    if not found.outcome:
        return "INCONCLUSIVE", consumed
    used = _enough_verdicts(observed, int(sizes[: int(found.used)].sum()))
    if used > consumed:
        return ("INVALID" if complete else "INCONCLUSIVE"), consumed
    return ("PASS" if found.outcome > 0 else "FAIL"), used


def judge_win_rate(name: str, rule: WinRateRule, observed: JudgedPrefix, against: str, advice: str = "") -> RuleResult:
    """The rule's result on what has been consumed, with the interval that belongs to the test that was made last."""
    outcome, used = win_rate_outcome(rule, observed)
    figures: dict[str, Any] = {"limit": rule.floor, "alpha": rule.alpha, "prompts": used, "of": observed.of}
    if outcome == "INVALID":
        missing = f"{observed.missing} of {observed.of} judgments are missing, more than {MAX_MISSING:.0%}"
        sentence = "there are no prompts to judge" if observed.of == 0 else f"{missing}; {advice}".removesuffix("; ")
        return RuleResult(rule=name, outcome=outcome, sentence=sentence, **figures)
    part = replace(observed, prompts=observed.prompts[:used], values=observed.values[:used])
    value = _mean(part)
    low, high, when = _interval(rule, part)
    reading = {"PASS": "above", "FAIL": "below", "INCONCLUSIVE": "neither certainly above nor below"}[outcome]
    sentence = (
        f"{'no win rate yet' if value is None else f'win rate {value:.1%}'} against {against} over {used} of "
        f"{observed.of} prompts is {reading} the floor of {rule.floor:.1%} ({low:.1%} to {high:.1%} {when}, "
        f"alpha {rule.alpha:.2g}, {rule.method}{f', {part.missing} missing' if part.missing else ''})"
    )
    return RuleResult(rule=name, outcome=outcome, sentence=sentence, value=value, low=low, high=high, **figures)


def _interval(rule: WinRateRule, part: JudgedPrefix) -> tuple[float, float, str]:
    """The means that the test could not rule out, and whether that holds at any time or on all prompts."""
    early, late = split_alpha(rule.method, rule.alpha)
    complete = len(part.values) == part.of
    _, low, high = observations(part, True)
    if late and low.size and complete:
        return one_sided_bound(low.tolist(), late)[0], one_sided_bound(high.tolist(), late)[1], "on all prompts"
    level = 1 - 2 * (early or rule.alpha)
    return confidence_sequence(low, level)[0], confidence_sequence(high, level)[1], "at any time"


def judge_categories(rule: CategoriesRule, found: dict[str, JudgedPrefix]) -> list[RuleResult]:
    """One result for each category: FAIL where a regression beyond the margin is certain (Holm over those that are
    decided on), PASS where none is, INCONCLUSIVE while there are too few judgments, SHOWN where there are few prompts.

    A PASS bounds false alarms; it does not prove that nothing got worse. What could have been seen is in the sentence.
    """
    floor = 0.5 - rule.margin
    guarded = {
        name: part
        for name, part in found.items()
        if part.of >= MIN_CATEGORY and (rule.only is None or name in rule.only)
    }
    p_values = {name: _p_value(part, floor) for name, part in guarded.items()}
    adjusted = holm(p_values)
    results, small = [], []
    for name, part in found.items():
        if rule.only is not None and name not in rule.only:
            continue
        win = f"win rate {np.mean(part.seen):.1%} over {len(part.values)} prompts" if part.seen else "not judged"
        figures: dict[str, Any] = {"limit": floor, "alpha": rule.alpha, "prompts": len(part.values), "of": part.of}
        value = float(np.mean(part.seen)) if part.seen else None
        rule_name = f"category {name}"
        if name not in guarded:
            small.append(f"{name} {'-' if value is None else f'{value:.0%}'} ({len(part.values)})")
        elif part.missing > max(1, MAX_MISSING * part.of):
            sentence = f"{part.missing} of {len(part.values)} judgments are missing"
            results.append(RuleResult(rule=rule_name, outcome="INVALID", sentence=sentence, value=value, **figures))
        elif adjusted[name] <= rule.alpha:
            sentence = f"{win} is below the floor of {floor:.1%} (Holm-adjusted p {adjusted[name]:.2g})"
            results.append(RuleResult(rule=rule_name, outcome="FAIL", sentence=sentence, value=value, **figures))
        elif len(part.values) < MIN_CATEGORY:
            sentence = f"{win}; {MIN_CATEGORY} are needed"
            results.append(
                RuleResult(rule=rule_name, outcome="INCONCLUSIVE", sentence=sentence, value=value, **figures)
            )
        else:
            spread = float(np.std([*part.seen, 0.0, 0.0, 1.0, 1.0]))
            effect = rule.margin + detectable(spread, len(part.seen), anytime_critical(rule.alpha / len(guarded)))
            seen = f"about {effect:.0%} below one half would be seen" if effect < 0.5 else "too few to see any drop"
            sentence = f"{win}, not certainly below {floor:.1%}; {seen}"
            results.append(RuleResult(rule=rule_name, outcome="PASS", sentence=sentence, value=value, **figures))
    if small:
        sentence = f"win rate (prompts); under {MIN_CATEGORY}, so these are not decided on: {', '.join(small)}"
        results.append(RuleResult(rule="small categories", outcome="SHOWN", sentence=sentence))
    return results


def _p_value(part: JudgedPrefix, floor: float) -> float:
    """Of the hypothesis that the category's mean is at least the floor: valid whenever it is looked at."""
    against = wealth(1 - _as_array(part.values, 1.0), 1 - floor)
    return 1 / max(1.0, float(against.max(initial=1.0)))


def _mean(part: JudgedPrefix) -> float | None:
    """The win rate as it is tested: over prompts, or over clusters; missing ones left out."""
    if part.clusters is None or not part.seen:
        return float(np.mean(part.seen)) if part.seen else None
    by_cluster: dict[str, list[float]] = {}
    for prompt, value in zip(part.prompts, part.values, strict=True):
        if value is not None:
            by_cluster.setdefault(prompt.category, []).append(value)
    return float(np.mean([np.mean(values) for values in by_cluster.values()]))


def detectable(spread: float, prompts: int, critical: float) -> float:
    """The distance from the floor that so many prompts detect four times of five, about. `spread` is the standard
    deviation of a prompt's preference, `critical` how many standard errors the test asks for."""
    return min(1.0, float((critical + POWER_Z) * spread / max(prompts, 1) ** 0.5))


def anytime_critical(alpha: float) -> float:
    """Standard errors that the e-process asks for, about: it pays for looking at every prompt."""
    return float(np.sqrt(2 * (np.log(1 / alpha) + 2)))


def telling(observed: JudgedPrefix) -> tuple[tuple[ClearPrompt, ...], tuple[ClearPrompt, ...]]:
    """The prompts that were won and lost most clearly, five of each at most; among equals the earlier in the order."""
    seen = [
        ClearPrompt(prompt.text, prompt.category, value)
        for prompt, value in zip(observed.prompts, observed.values, strict=True)
        if value is not None
    ]
    won = sorted((entry for entry in seen if entry.preference > 0.5), key=lambda entry: -entry.preference)
    lost = sorted((entry for entry in seen if entry.preference < 0.5), key=lambda entry: entry.preference)
    return tuple(won[:_TELLING]), tuple(lost[:_TELLING])


def observations(
    observed: JudgedPrefix, complete: bool
) -> tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", Floats, Floats]:
    """Prompts in each observation, and the observations as they count for promotion and for rejection: one for each
    prompt, or the mean of each cluster whose prompts are all there. A missing judgment counts against either."""
    low, high = _as_array(observed.values, 0.0), _as_array(observed.values, 1.0)
    if observed.clusters is None or not observed.values:
        return np.ones(low.size, dtype=np.int64), low, high
    names = [prompt.category for prompt in observed.prompts]
    starts = [0, *(place for place in range(1, len(names)) if names[place] != names[place - 1])]
    sizes = np.diff([*starts, len(names)])
    whole = len(starts) if complete else len(starts) - 1  # the last cluster may go on
    means = [np.add.reduceat(side, starts) / sizes for side in (low, high)]
    return sizes[:whole], means[0][:whole], means[1][:whole]


def _as_array(values: Sequence[float | None], missing: float) -> Floats:
    return np.array([missing if value is None else value for value in values], dtype=float)


def _enough_verdicts(observed: JudgedPrefix, used: int) -> int:
    """The first number of prompts, from `used` on, of which few enough are missing; more than there are if none is."""
    missing = np.cumsum([value is None for value in observed.values])
    for count in range(used, len(observed.values) + 1):
        if missing[count - 1] <= MAX_MISSING * count:
            return count
    return len(observed.values) + 1
