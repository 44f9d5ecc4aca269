"""Apply a policy's rules: those that cost nothing first, then prompt by prompt until the decision is certain."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import fmean

from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.canary import JudgeChanged
from tpobench.harness.gate.categories import judge_categories, shown_categories
from tpobench.harness.gate.comparison import JudgedPrefix, Look, SequentialComparison, clear_prompts
from tpobench.harness.gate.control import ControlResult, check_control
from tpobench.harness.gate.decision import Decision, Outcome, RuleResult, is_decided
from tpobench.harness.gate.free_rules import check_free_rules
from tpobench.harness.gate.input import ROLES, GateInput, Role
from tpobench.harness.gate.metric_rules import check_late_metrics
from tpobench.harness.gate.needs import takes_comparison, takes_evaluation
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.preconditions import check_preconditions
from tpobench.harness.gate.rules import EquivalenceRule, WinRateRule
from tpobench.harness.gate.same_answers import told_of_same_answers
from tpobench.harness.gate.sensitivity import judge_sensitivity
from tpobench.harness.gate.win_rates import equivalence_outcome, judge_equivalence, judge_win_rate, win_rate_outcome

Say = Callable[[str], None]

ALWAYS = ("sensitivity", "degenerate")
"""Results that every gate has: they can only stand in the way, and a PASS needs another."""


def apply_policy(
    rules: Rules, gate_input: GateInput, looks: Mapping[Role, Look] | None = None, say: Say = lambda line: None
) -> Decision:
    """Decide. Judgments are asked for in a frozen order, a block at a time, and no more of them once a rule has
    rejected or every rule has passed. The same policy on the same judgments decides the same.

    Args:
        rules: Of the policy, or of one of its benchmarks.
        gate_input: The sources of preferences, and what is known of the outputs.
        looks: The order of each comparison, where a gate looked at it before.
        say: Is told after each block that cost something and left the decision open.

    Returns:
        The decision; results of win-rate rules stand before those that cost nothing.

    Raises:
        UserError: A judge could not be reached; what was answered is stored.
    """
    free = _tiered(rules, [*check_preconditions(rules, gate_input), *check_free_rules(rules, gate_input)])
    comparisons = {role: _comparison(rules, gate_input, role, looks or {}) for role in ROLES}
    try:
        judged, warnings = _judged(rules, gate_input, free, comparisons, say)
    except JudgeChanged as changed:
        judged, warnings = [*_nothing_asked(rules, comparisons), _invalid("sensitivity", str(changed))], ()
    results = (*judged, *free)
    if not is_rejected(results) and not any(result.rule not in ALWAYS and is_decided(result) for result in results):
        sentence = "no critical rule of the policy had anything to decide on; add head_to_head, for example"
        judged.append(RuleResult(rule="policy", outcome="INVALID", sentence=sentence))
    head_to_head = comparisons["head_to_head"]
    won, lost = ((), ()) if head_to_head is None else clear_prompts(head_to_head.prefix())
    return Decision(
        rules=(*judged, *free),
        candidate=gate_input.candidate,
        against=gate_input.baseline,
        judge=gate_input.judge,
        benchmark=gate_input.benchmark,
        won=won,
        lost=lost,
        notes=(*gate_input.notes, *(() if head_to_head is None else head_to_head.notes)),
        warnings=(*gate_input.warnings, *told_of_same_answers(gate_input), *warnings, *_supporting([*judged, *free])),
    )


def _judged(
    rules: Rules,
    gate_input: GateInput,
    free: Sequence[RuleResult],
    comparisons: Mapping[Role, SequentialComparison | None],
    say: Say,
) -> tuple[list[RuleResult], tuple[str, ...]]:
    """The results of all rules that need a judge, and what a reader must know of it. Its control comes first."""
    control = _control(rules, gate_input, free)
    before = [*free, *([_invalid("sensitivity", control.sentence)] if control.outcome == "INVALID" else [])]
    judged: list[RuleResult] = []
    for role in ROLES:
        if not asks_for(rules, role):
            continue
        comparison = comparisons[role]
        if comparison is None:
            judged.append(_shown(role, "there is no other champion to compare with"))
        elif is_rejected([*before, *judged]) and not comparison.source.free:
            judged += _not_asked(rules, role, comparison)
        else:
            judged += _tiered(rules, _results(rules, role, comparison, say))
    late = _tiered(rules, check_late_metrics(rules, gate_input, is_rejected([*before, *judged])))
    whole = gate_input.figures is None or any(result.outcome != "SHOWN" for result in late)
    verdicts = _verdicts(rules, gate_input, comparisons, whole)
    judged += [*late, judge_sensitivity(rules.sensitivity, control, verdicts)]
    return judged, (control.warning,) if control.warning else ()


def _nothing_asked(rules: Rules, comparisons: Mapping[Role, SequentialComparison | None]) -> list[RuleResult]:
    return [
        result
        for role, comparison in comparisons.items()
        if comparison is not None
        for result in _not_asked(rules, role, comparison)
    ]


def is_rejected(results: Sequence[RuleResult]) -> bool:
    """Whether nothing that comes could still make it a PASS."""
    return any(result.outcome == "INVALID" or _fails(result) for result in results)


def _tiered(rules: Rules, results: Sequence[RuleResult]) -> list[RuleResult]:
    return [replace(result, tier=rules.tier_of(result.rule)) for result in results]


def _fails(result: RuleResult) -> bool:
    return result.outcome == "FAIL" and result.tier == "critical"


def _comparison(
    rules: Rules, gate_input: GateInput, role: Role, looks: Mapping[Role, Look]
) -> SequentialComparison | None:
    source = gate_input.source(role)
    if source is None:
        return None
    return SequentialComparison(source, looks.get(role), rules.clusters, rows=gate_input.rows or 0)


def rules_of(rules: Rules, role: Role) -> dict[str, WinRateRule | EquivalenceRule]:
    """The rules on the win rate over the model in this role, by name."""
    named: dict[str, WinRateRule | EquivalenceRule | None] = {role: getattr(rules, role)}
    if role == "head_to_head":
        named["equivalence"] = rules.equivalence
    return {name: rule for name, rule in named.items() if rule is not None}


def asks_for(rules: Rules, role: Role) -> bool:
    """Whether a rule needs the comparison in this role."""
    return bool(rules_of(rules, role)) or (role == "head_to_head" and rules.categories is not None)


def _results(rules: Rules, role: Role, comparison: SequentialComparison, say: Say) -> list[RuleResult]:
    """Judge block by block until every rule has decided or one has rejected; then what the categories need."""
    stated = rules_of(rules, role)
    while stated:
        comparison.advance(rules.block)
        prefix = comparison.prefix()
        outcomes = {name: _outcome(rule, prefix) for name, rule in stated.items()}
        failed = any(outcomes[name] == "FAIL" and rule.tier == "critical" for name, rule in stated.items())
        if failed or comparison.complete or "INCONCLUSIVE" not in outcomes.values():
            break
        if not comparison.source.free and prefix.seen:
            say(
                f"{role}: {fmean(prefix.seen):.1%} over {len(prefix.values)} of {prefix.total} prompts, not certain yet"
            )
    prefix = comparison.prefix()
    results = [_result(name, rule, prefix, comparison) for name, rule in stated.items()]
    if role == "head_to_head" and rules.categories is not None:
        costs = is_rejected(_tiered(rules, results)) and not comparison.source.free
        results += (shown_categories if costs else judge_categories)(rules.categories, comparison)
    return results


def _outcome(rule: WinRateRule | EquivalenceRule, prefix: JudgedPrefix) -> Outcome:
    if isinstance(rule, EquivalenceRule):
        return equivalence_outcome(rule, prefix)[0]
    return win_rate_outcome(rule, prefix)[0]


def _result(
    name: str, rule: WinRateRule | EquivalenceRule, prefix: JudgedPrefix, comparison: SequentialComparison
) -> RuleResult:
    source = comparison.source
    if isinstance(rule, EquivalenceRule):
        return judge_equivalence(name, rule, prefix, against=source.against, advice=source.advice)
    return judge_win_rate(
        name, rule, prefix, against=source.against, advice=source.advice, dollars_per_prompt=source.dollars_per_prompt
    )


def _not_asked(rules: Rules, role: Role, comparison: SequentialComparison) -> list[RuleResult]:
    of = max(len(comparison.source.prompts), comparison.rows)
    sentence = "not asked: the decision was certain without it"
    return [replace(_shown(name, sentence), prompts=0, of=of) for name in rules_of(rules, role)]


def _control(rules: Rules, gate_input: GateInput, free: Sequence[RuleResult]) -> ControlResult:
    """How the control goes; it is not asked where no judge is needed, or the decision is certain without."""
    if not takes_comparison(rules):
        return ControlResult("SHOWN", "no rule asks a judge")
    if is_rejected(free):
        return ControlResult("SHOWN", "no control: the decision was certain without it")
    return check_control(rules.sensitivity, gate_input.controls)


def _verdicts(
    rules: Rules, gate_input: GateInput, comparisons: Mapping[Role, SequentialComparison | None], whole: bool
) -> list[tuple[Verdict, ...]]:
    """The verdicts of all comparisons, also where figures alone took them and they are the `whole` of it; none on two
    equal responses, which show nothing of the judge."""
    ours, theirs = gate_input.outputs.responses or (), gate_input.baseline_outputs.responses or ()
    equal = {index for index, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] == pair[1]}
    return [
        verdicts
        for role, comparison in comparisons.items()
        if comparison is not None
        for verdicts in comparison.source.verdicts(
            [index for index in _seen(rules, role, comparison, whole) if role != "head_to_head" or index not in equal]
        )
        if any(verdict.verdict != "identical" for verdict in verdicts)
    ]


def _seen(rules: Rules, role: Role, comparison: SequentialComparison, whole: bool) -> Sequence[int]:
    """The indices of the prompts that were judged for a rule: all of them, where a figure alone took them."""
    if asks_for(rules, role) or not (whole and takes_evaluation(rules)):
        return comparison.judged
    return range(len(comparison.source.prompts))


def _supporting(results: Sequence[RuleResult]) -> list[str]:
    return [
        f"{result.rule}: {result.sentence}"
        for result in results
        if result.tier == "supporting" and result.outcome in ("FAIL", "INCONCLUSIVE")
    ]


def _invalid(name: str, sentence: str) -> RuleResult:
    return RuleResult(rule=name, outcome="INVALID", sentence=sentence)


def _shown(name: str, sentence: str) -> RuleResult:
    return RuleResult(rule=name, outcome="SHOWN", sentence=sentence)
