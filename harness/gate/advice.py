"""What a plan warns of: rules that could never decide, and prompts that every gate would print."""

from tpobench.harness.gate.categories import MIN_CATEGORY
from tpobench.harness.gate.input import GateInput, OutputSummary
from tpobench.harness.gate.policy import Pins, Rules
from tpobench.harness.gate.preconditions import check_preconditions
from tpobench.harness.gate.simulated import PlannedGate, PlannedSource


def problems_of(rules: Rules, source: PlannedSource, judge: str) -> tuple[str, ...]:
    """What would make the gate INVALID, or a rule without effect, whatever the judge says.

    Args:
        rules: On one benchmark.
        source: The prompts.
        judge: The judge's id.
    """
    present = rules.model_copy(update={"pins": Pins(judge=rules.pins.judge, prompts=rules.pins.prompts)})
    gate_input = GateInput(
        candidate="",
        candidate_fingerprint="",
        candidate_mode="direct",
        baseline="",
        baseline_fingerprint="",
        judge=judge,
        benchmark="",
        head_to_head=source,
        anchor=None if rules.anchor is None else source,
        champion=None if rules.champion is None else source,
        outputs=OutputSummary(),
        baseline_outputs=OutputSummary(),
    )
    broken = [f"INVALID: {result.rule}: {result.sentence}" for result in check_preconditions(present, gate_input)]
    return (*broken, *_small_categories(rules, source))


def told_of_prompts(prompts: int, needed: int | None) -> tuple[str, ...]:
    """How to keep a gate's prompts from being learned by heart, where it prints those that were lost."""
    parts = prompts // needed if needed else 0
    how = (
        f"use one of {parts} parts of them in each gate, in turn"
        if parts > 1
        else "replace a part of them after each gate (a quarter, say)"
    )
    return (
        "this policy prints the prompts that were lost, and a model that is trained on just those passes sooner or "
        f"later: {how}, or hide them with reveal: categories",
    )


def _small_categories(rules: Rules, source: PlannedSource) -> tuple[str, ...]:
    rule, guard = rules.categories, PlannedGate(rules, source).guard
    if rule is None or guard is None or not guard.small:
        return ()
    names = ", ".join(sorted(guard.small))
    if rule.only is not None:
        return (f"INVALID: {names}: under {MIN_CATEGORY} prompts, too few to guard",)
    if not guard.taken:
        return (f"the rule 'categories' guards nothing: every category has under {MIN_CATEGORY} prompts",)
    return (f"{len(guard.small)} categories have under {MIN_CATEGORY} prompts and are not guarded: {names}",)
