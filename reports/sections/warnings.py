"""Every reason not to trust the figures of a report, and how the first sentence tells of them."""

import re
from collections.abc import Iterable, Mapping, Sequence

from tpobench.harness.gate.rules import MOST_FLIPS_UNCONTROLLED
from tpobench.harness.stats.preferences import flips
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats import figures


def warnings_of(evaluations: Iterable[Evaluation]) -> list[str]:
    """Why the figures may mislead: a sentence each, with how many evaluations it concerns where it is not all."""
    judged = [evaluation for evaluation in evaluations if not evaluation.is_itself]
    times: dict[str, int] = {}
    by_benchmark: dict[str, set[str]] = {}
    by_judge: dict[str, list[Evaluation]] = {}
    for evaluation in judged:
        by_benchmark.setdefault(evaluation.benchmark, set()).add(evaluation.judge)
        by_judge.setdefault(evaluation.judge_label, []).append(evaluation)
        for reason in _reasons(evaluation):
            times[reason] = times.get(reason, 0) + 1
    mixed = [
        f"Several judges were asked on {benchmark}: compare figures of one judge only."
        for benchmark, ids in by_benchmark.items()
        if len(ids) > 1
    ]
    reasons = [
        reason if number == len(judged) else f"{reason[:-1]} ({number} of {len(judged)} evaluations)."
        for reason, number in times.items()
    ]
    return sorted([*mixed, *_unsteady(by_judge), *reasons], key=lambda reason: figures.INVALID not in reason)


def _unsteady(by_judge: Mapping[str, Sequence[Evaluation]]) -> list[str]:
    """The judges whose verdicts turn with the order more often than a gate would let pass."""
    said = []
    for judge, evaluations in by_judge.items():
        turned = [
            flips(sides["AB"], sides["BA"])
            for evaluation in evaluations
            for prompt in evaluation.prompts
            if {"AB", "BA"} <= (sides := {order: value for order, value in prompt.verdicts if value is not None}).keys()
        ]
        if turned and sum(turned) > MOST_FLIPS_UNCONTROLLED * len(turned):
            share = figures.percent(sum(turned) / len(turned))
            said.append(f"The verdict turned with the order of the responses on {share} of the pairs: {judge}.")
    return said


def with_trust(claim: str, warnings: Sequence[str]) -> str:
    """The claim as one sentence that also says whether to trust it.

    Args:
        claim: A sentence without its full stop.
        warnings: Every reason not to trust it, the gravest first.
    """
    if not warnings:
        return f"{claim}; no reason was found to distrust it."
    more = len(warnings) - 1
    others = f" ({more} more caveat{'s' if more > 1 else ''} below)" if more else ""
    return f"{claim}; trust it with care: {_in_short(warnings[0])}{others}."


def _in_short(warning: str) -> str:
    """The first clause of a warning, to stand inside a sentence."""
    clause = re.split(r"[:.;](?: |$)", warning, maxsplit=1)[0]
    return clause[:1].lower() + clause[1:]


def _reasons(evaluation: Evaluation) -> list[str]:
    reasons = []
    if evaluation.is_rule_based:
        reasons.append("The judge is a rule-based stand-in: it checks lengths, formats and facts, not style or depth.")
    if evaluation.rows is not None and evaluation.size < evaluation.rows:
        share = f"{figures.count(evaluation.size)} of the {figures.count(evaluation.rows)} prompts"
        reasons.append(f"Only {share} of {evaluation.benchmark} were judged.")
    if evaluation.missing:
        open_ = evaluation.unanswered
        limits = f"between {figures.percent(open_.low)} and {figures.percent(open_.high)}"
        prompts = "1 prompt" if open_.missing == 1 else f"{figures.count(open_.missing)} prompts"
        invalid = ", which makes the figures INVALID, as a gate would be INVALID" if open_.is_invalid else ""
        share = figures.percent(open_.share)
        reasons.append(f"{prompts} ({share}) without a verdict: the win rate lies {limits}{invalid}.")
    refused = evaluation.overall("refused")
    if refused is not None and refused.value:
        number = round(refused.value * refused.n)
        prompts = "1 prompt" if number == 1 else f"{figures.count(number)} prompts"
        reasons.append(
            f"{prompts} ({figures.percent(refused.value)}) got no answer from the candidate: refused, filtered or too "
            "long for its context, they count as empty answers."
        )
    said_above = "prompts"  # a note about the number of prompts
    reasons += [
        f"Not comparable with published figures: {note}." for note in evaluation.notes if not note.endswith(said_above)
    ]
    return reasons
