"""The category rule: does the candidate certainly get worse in one of them?

How many prompts of a category are judged is fixed before any is seen, so that neither the block size nor what the
head-to-head found changes what the guard sees.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tpobench.harness.gate.comparison import JudgedPrefix, SequentialComparison
from tpobench.harness.gate.decision import RuleOutcome, RuleResult
from tpobench.harness.gate.rules import CategoriesRule
from tpobench.harness.gate.win_rates import mean, observations
from tpobench.harness.stats.intervals import mean_p_value
from tpobench.harness.stats.missing import MAX_MISSING
from tpobench.harness.stats.multiplicity import holm
from tpobench.harness.stats.power import guard_size, seen_drop

MIN_CATEGORY = 30
"""A category with fewer prompts is shown, never decided on."""


@dataclass(frozen=True)
class Guard:
    """What the rule is to decide on: by category the prompts that it takes, and the categories that are too small."""

    taken: Mapping[str, tuple[int, ...]]
    small: Mapping[str, tuple[int, ...]]
    of: Mapping[str, int]


def guard_of(rule: CategoriesRule, comparison: SequentialComparison) -> Guard:
    """The prompts of each category that the rule is decided on: as many as its power asks for, or all of them; all
    where judging is free."""
    watched = {
        name: tuple(indices)
        for name, indices in comparison.by_category().items()
        if rule.only is None or name in rule.only
    }
    large = {name: indices for name, indices in watched.items() if len(indices) >= MIN_CATEGORY}
    size = guard_size(rule.floor, rule.drop, rule.alpha / max(len(large), 1), rule.power)
    taken = {name: indices[:size] if comparison.source.paid else indices for name, indices in large.items()}
    small = {name: indices for name, indices in watched.items() if name not in large}
    return Guard(taken, small, {name: len(indices) for name, indices in watched.items()})


def judge_categories(rule: CategoriesRule, comparison: SequentialComparison) -> list[RuleResult]:
    """Judge what the guard takes, and decide.

    Args:
        rule: The margin, the alpha that the categories share, the power, and which of them count.
        comparison: The head-to-head; its judgments are used again, and those that the guard lacks are asked for.

    Returns:
        One result for each category: FAIL where a regression beyond the margin is certain (one test for each, Holm's
        procedure over those that are decided on), PASS where none is: its sentence says which drop would have been
        seen. A category that the policy names and that is too small is INVALID; all others of this kind share one more
        result, SHOWN.
    """
    guard = guard_of(rule, comparison)
    prefixes = {name: comparison.part(indices) for name, indices in guard.taken.items()}
    adjusted = holm({name: _p_value(prefix, rule.floor) for name, prefix in prefixes.items()})
    results = [
        _guarded(rule, name, prefix, p_value=adjusted[name], of=(guard.of[name], len(prefixes)))
        for name, prefix in prefixes.items()
    ]
    return results + _small(rule, guard, comparison)


def shown_categories(rule: CategoriesRule, comparison: SequentialComparison) -> list[RuleResult]:
    """What is known of each category where the gate was decided without them. Judges nothing."""
    guard = guard_of(rule, comparison)
    return [
        RuleResult(
            rule=f"category {name}",
            outcome="SHOWN",
            sentence=f"{_win(prefix)}; not judged further: the decision was certain without it",
            value=mean(prefix),
            limit=rule.floor,
            prompts=len(prefix.values),
            of=guard.of[name],
        )
        for name, indices in guard.taken.items()
        for prefix in [comparison.part(indices, judge=False)]
    ]


def _guarded(
    rule: CategoriesRule, name: str, prefix: JudgedPrefix, *, p_value: float, of: tuple[int, int]
) -> RuleResult:
    """The result of one category, which has the first number of prompts; the second one is that of the categories that
    are decided on."""
    prompts, categories = of
    visible = seen_drop(rule.floor, len(prefix.seen), rule.alpha / categories, rule.power)
    outcome: RuleOutcome
    if prefix.missing > max(1, MAX_MISSING * prefix.of):
        outcome, sentence = "INVALID", f"{prefix.missing} of {prefix.of} judgments are missing"
    elif p_value <= rule.alpha:
        outcome = "FAIL"
        sentence = f"{_win(prefix)} is below the floor of {rule.floor:.1%} (Holm-adjusted p {p_value:.2g})"
    elif visible is None:
        outcome = "INVALID"
        sentence = (
            f"{len(prefix.seen)} prompts are too few to detect any win rate below {rule.floor:.1%} with "
            f"{rule.power:.0%} probability; take more prompts, or a smaller margin"
        )
    else:
        outcome = "PASS"
        seen = f"a win rate of {rule.floor - visible:.0%} would be detected with {rule.power:.0%} probability"
        sentence = f"{_win(prefix)}, not certainly below {rule.floor:.1%}; {seen}"
    figures: dict[str, Any] = {"limit": rule.floor, "alpha": rule.alpha, "prompts": len(prefix.values), "of": prompts}
    return RuleResult(
        rule=f"category {name}",
        outcome=outcome,
        sentence=sentence,
        value=mean(prefix),
        p_value=p_value,
        detectable=visible,
        **figures,
    )


def _small(rule: CategoriesRule, guard: Guard, comparison: SequentialComparison) -> list[RuleResult]:
    """A category that the policy names must be large enough to be guarded; others are shown together."""
    if rule.only is not None:
        return [
            RuleResult(
                rule=f"category {name}",
                outcome="INVALID",
                sentence=(
                    f"{len(indices)} prompts are too few to guard this category, {MIN_CATEGORY} are needed; "
                    "add prompts to it, or take it out of categories.only"
                ),
                prompts=0,
                of=len(indices),
            )
            for name, indices in guard.small.items()
        ]
    if not guard.small:
        return []
    shares = [
        f"{name} {_share(comparison.part(indices, judge=not comparison.source.paid))}"
        for name, indices in guard.small.items()
    ]
    sentence = f"win rate (prompts); under {MIN_CATEGORY}, so these are not decided on: {', '.join(shares)}"
    return [RuleResult(rule="small categories", outcome="SHOWN", sentence=sentence)]


def _p_value(prefix: JudgedPrefix, floor: float) -> float:
    """Of "the win rate is at least the floor"; a missing judgment counts as won."""
    return float(mean_p_value(1 - observations(prefix).high, 1 - floor)) if prefix.values else 1.0


def _win(prefix: JudgedPrefix) -> str:
    value = mean(prefix)
    return "not judged" if value is None else f"win rate {value:.1%} over {len(prefix.values)} prompts"


def _share(prefix: JudgedPrefix) -> str:
    value = mean(prefix)
    return f"{'not judged' if value is None else f'{value:.1%}'} ({prefix.of})"
