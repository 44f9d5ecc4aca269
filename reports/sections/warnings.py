"""Every reason not to trust the figures of a report."""

from collections.abc import Iterable

from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats import figures


def warnings_of(evaluations: Iterable[Evaluation]) -> list[str]:
    """Why the figures may mislead: a sentence each, with how many evaluations it concerns where it is not all."""
    judged = [evaluation for evaluation in evaluations if not evaluation.is_itself]
    times: dict[str, int] = {}
    judges: dict[str, set[str]] = {}
    for evaluation in judged:
        judges.setdefault(evaluation.benchmark, set()).add(evaluation.judge)
        for reason in _reasons(evaluation):
            times[reason] = times.get(reason, 0) + 1
    mixed = [
        f"Several judges were asked on {benchmark}: compare figures of one judge only."
        for benchmark, ids in judges.items()
        if len(ids) > 1
    ]
    return mixed + [
        reason if number == len(judged) else f"{reason[:-1]} ({number} of {len(judged)} evaluations)."
        for reason, number in times.items()
    ]


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
    said_above = "prompts"  # a note about the number of prompts
    reasons += [
        f"Not comparable with published figures: {note}." for note in evaluation.notes if not note.endswith(said_above)
    ]
    return reasons
