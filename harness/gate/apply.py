"""Apply a policy's rules: those that cost nothing first, then prompt by prompt until the decision is certain."""

from collections.abc import Callable, Sequence
from statistics import fmean

from tpobench.harness.gate.categories import MIN_CATEGORY, judge_categories
from tpobench.harness.gate.comparison import SequentialComparison, clear_prompts
from tpobench.harness.gate.decision import Decision, RuleResult
from tpobench.harness.gate.free_rules import check_free_rules
from tpobench.harness.gate.input import GateInput
from tpobench.harness.gate.policy import Policy, WinRateRule
from tpobench.harness.gate.preconditions import check_preconditions
from tpobench.harness.gate.win_rates import judge_win_rate, win_rate_outcome

Say = Callable[[str], None]


def apply_policy(policy: Policy, gate_input: GateInput, say: Say = lambda line: None) -> Decision:
    """Decide. Judgments are asked for in the policy's frozen order, a block at a time, and no more of them once a rule
    has rejected or every rule has passed. The same policy on the same judgments decides the same.

    Args:
        policy: The rules.
        gate_input: The sources of preferences, and what is known of the outputs.
        say: Is told after each block that cost something and left the decision open.

    Returns:
        The decision; results of win-rate rules stand before those that cost nothing.

    Raises:
        UserError: A judge could not be reached; what was answered is stored.
    """
    free = [*check_preconditions(policy, gate_input), *check_free_rules(policy, gate_input)]
    head_to_head = SequentialComparison(gate_input.head_to_head, policy.seed, policy.clusters)
    judged: list[RuleResult] = []
    for name, rule, comparison in _comparisons(policy, gate_input, head_to_head):
        if comparison is None:
            judged.append(_shown(name, "there is no other champion to compare with"))
        elif _is_rejected([*free, *judged]) and not comparison.source.free:
            of = len(comparison.source.prompts)
            judged.append(_shown(name, "not asked: the decision was certain without it", prompts=0, of=of))
        else:
            judged += _results(policy, name, rule, comparison, say)
    won, lost = clear_prompts(head_to_head.prefix())
    return Decision(
        rules=(*judged, *free),
        candidate=gate_input.candidate,
        against=gate_input.baseline,
        judge=gate_input.judge,
        benchmark=gate_input.benchmark,
        won=won,
        lost=lost,
        notes=gate_input.notes,
    )


def _comparisons(
    policy: Policy, gate_input: GateInput, head_to_head: SequentialComparison
) -> list[tuple[str, WinRateRule, SequentialComparison | None]]:
    """Every win-rate rule with its comparison; None where there is no model to compare with."""
    comparisons: list[tuple[str, WinRateRule, SequentialComparison | None]] = [
        ("head_to_head", policy.head_to_head, head_to_head)
    ]
    others = (("anchor", policy.anchor, gate_input.anchor), ("champion", policy.champion, gate_input.champion))
    for name, rule, source in others:
        if rule is not None:
            comparison = None if source is None else SequentialComparison(source, policy.seed, policy.clusters)
            comparisons.append((name, rule, comparison))
    return comparisons


def _results(
    policy: Policy, name: str, rule: WinRateRule, comparison: SequentialComparison, say: Say
) -> list[RuleResult]:
    """Judge block by block until the rule has decided, or a category has failed; then as many prompts of each category
    as its decision needs."""
    categories = policy.categories if name == "head_to_head" else None
    by_category: list[RuleResult] = []
    while True:
        comparison.advance(policy.block)
        prefix = comparison.prefix()
        outcome, used = win_rate_outcome(rule, prefix)
        by_category = [] if categories is None else judge_categories(categories, comparison.by_category())
        if outcome != "INCONCLUSIVE" or comparison.complete or _is_rejected(by_category, ("FAIL",)):
            break
        if not comparison.source.free and prefix.seen:
            say(f"{name}: {fmean(prefix.seen):.1%} over {used} of {prefix.of} prompts, not certain yet")
    if categories is not None and outcome in ("PASS", "INCONCLUSIVE"):
        comparison.advance_categories(MIN_CATEGORY)
        by_category = judge_categories(categories, comparison.by_category())
    source = comparison.source
    return [judge_win_rate(name, rule, prefix, against=source.against, advice=source.advice), *by_category]


def _is_rejected(results: Sequence[RuleResult], by: Sequence[str] = ("INVALID", "FAIL")) -> bool:
    """Whether nothing that comes could still make it a PASS."""
    return any(result.outcome in by for result in results)


def _shown(name: str, sentence: str, prompts: int | None = None, of: int | None = None) -> RuleResult:
    return RuleResult(rule=name, outcome="SHOWN", sentence=sentence, prompts=prompts, of=of)
