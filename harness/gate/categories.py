"""The category rule: does the candidate certainly get worse in one of them?"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tpobench.harness.gate.comparison import JudgedPrefix
from tpobench.harness.gate.decision import MAX_MISSING, RuleOutcome, RuleResult
from tpobench.harness.gate.policy import CategoriesRule
from tpobench.harness.stats.multiplicity import holm
from tpobench.harness.stats.power import anytime_critical, detectable
from tpobench.harness.stats.sequential import wealth

MIN_CATEGORY = 30
"""A category with fewer prompts is shown, never decided on."""


def judge_categories(rule: CategoriesRule, prefixes: Mapping[str, JudgedPrefix]) -> list[RuleResult]:
    """The results of the category rule on what has been judged so far.

    A PASS bounds false alarms; it does not prove that nothing got worse. Its sentence says which drop would have been
    seen.

    Args:
        rule: The margin, the alpha that the categories share, and which of them count.
        prefixes: What has been judged, by category.

    Returns:
        One result for each category: FAIL where a regression beyond the margin is certain (Holm's procedure over those
        that are decided on), PASS where none is, INCONCLUSIVE while there are too few judgments. All categories with
        few prompts share one more result, SHOWN.
    """
    watched = {name: prefix for name, prefix in prefixes.items() if rule.only is None or name in rule.only}
    guarded = {name: prefix for name, prefix in watched.items() if prefix.of >= MIN_CATEGORY}
    adjusted = holm({name: _p_value(prefix, 0.5 - rule.margin) for name, prefix in guarded.items()})
    results = [
        _guarded(rule, name, prefix, p_value=adjusted[name], of=len(guarded)) for name, prefix in guarded.items()
    ]
    small = [f"{name} {_share(prefix)}" for name, prefix in watched.items() if name not in guarded]
    if small:
        sentence = f"win rate (prompts); under {MIN_CATEGORY}, so these are not decided on: {', '.join(small)}"
        results.append(RuleResult(rule="small categories", outcome="SHOWN", sentence=sentence))
    return results


def _guarded(rule: CategoriesRule, name: str, prefix: JudgedPrefix, *, p_value: float, of: int) -> RuleResult:
    """The result of one of the `of` categories that are decided on."""
    floor, judged, value = 0.5 - rule.margin, len(prefix.values), _win_rate(prefix)
    win = "not judged" if value is None else f"win rate {value:.1%} over {judged} prompts"
    outcome: RuleOutcome
    if prefix.missing > max(1, MAX_MISSING * prefix.of):
        outcome, sentence = "INVALID", f"{prefix.missing} of {judged} judgments are missing"
    elif p_value <= rule.alpha:
        outcome, sentence = "FAIL", f"{win} is below the floor of {floor:.1%} (Holm-adjusted p {p_value:.2g})"
    elif judged < MIN_CATEGORY:
        outcome, sentence = "INCONCLUSIVE", f"{win}; {MIN_CATEGORY} are needed"
    else:
        outcome, sentence = "PASS", f"{win}, not certainly below {floor:.1%}; {_visible(rule, prefix, of)}"
    figures: dict[str, Any] = {"limit": floor, "alpha": rule.alpha, "prompts": judged, "of": prefix.of}
    return RuleResult(rule=f"category {name}", outcome=outcome, sentence=sentence, value=value, **figures)


def _visible(rule: CategoriesRule, prefix: JudgedPrefix, of: int) -> str:
    """Which drop would have been seen."""
    spread = float(np.std([*prefix.seen, 0.0, 0.0, 1.0, 1.0]))
    effect = rule.margin + detectable(spread, len(prefix.seen), anytime_critical(rule.alpha / of))
    return f"about {effect:.0%} below one half would be seen" if effect < 0.5 else "too few to see any drop"


def _win_rate(prefix: JudgedPrefix) -> float | None:
    return float(np.mean(prefix.seen)) if prefix.seen else None


def _share(prefix: JudgedPrefix) -> str:
    value = _win_rate(prefix)
    return f"{'-' if value is None else f'{value:.0%}'} ({len(prefix.values)})"


def _p_value(prefix: JudgedPrefix, floor: float) -> float:
    """Of the hypothesis that the category's mean is at least the floor: valid whenever it is looked at."""
    losses = [0.0 if value is None else 1 - value for value in prefix.values]
    return 1 / max(1.0, float(wealth(np.array(losses, dtype=float), 1 - floor).max(initial=1.0)))
