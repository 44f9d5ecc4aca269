"""What the models of a store come to: who leads where."""

from collections.abc import Sequence

from tpobench.harness.store.gates import DecisionOfModels
from tpobench.reports.decision import READINGS
from tpobench.reports.evaluations import Evaluation, named_apart
from tpobench.reports.formats import figures
from tpobench.reports.sections.verdict import Conclusion, Headline, facts_of, win_rate_headline
from tpobench.reports.sections.warnings import warnings_of

MOST_HEADLINES = 4

_NOTHING = "No judge has given a verdict; the leaderboard shows what else was measured."


def of_models(evaluations: Sequence[Evaluation], decisions: Sequence[DecisionOfModels]) -> Conclusion:
    """The conclusion on models without a run.

    Args:
        evaluations: Best first by benchmark.
        decisions: The gate's newest on each of the models.
    """
    sentences, headlines = _leaders(evaluations)
    sentences += [
        f"The gate's decision on {decision.candidate} against {decision.against}: {decision.decision}."
        for decision in decisions
    ]
    models = {(e.fingerprint, e.mode) for e in evaluations}
    alone = decisions[0].decision if decisions else "NOT GATED"
    badge = f"{len(models)} MODELS" if len(models) > 1 else alone
    return Conclusion(
        badge=badge,
        tone=badge.lower() if badge in READINGS else "pending",
        sentence=" ".join(sentences) or _NOTHING,
        headlines=headlines[:MOST_HEADLINES],
        warnings=warnings_of(evaluations),
        facts=facts_of(evaluations),
    )


def _leaders(evaluations: Sequence[Evaluation]) -> tuple[list[str], list[Headline]]:
    """For each benchmark, baseline and judge, who leads: a sentence and a headline."""
    names = named_apart(evaluations)
    ranked: dict[tuple[str, str, str], list[Evaluation]] = {}
    for evaluation in evaluations:
        ranked.setdefault((evaluation.benchmark, evaluation.against, evaluation.judge_label), []).append(evaluation)
    sentences: list[str] = []
    headlines: list[Headline] = []
    for (benchmark, baseline, judge), (best, *others) in ranked.items():
        rate = best.overall("win_rate")
        if rate is None:
            continue
        headlines += win_rate_headline(f"{names[best.key]} v {baseline}, {benchmark}", "head-to-head", best)
        has_one_judge = sum(key[:2] == (benchmark, baseline) for key in ranked) == 1
        who = f"leads {len(others) + 1} models" if others else "is the only model"
        sentences.append(
            f"{names[best.key]} {who} on {benchmark}: it wins {figures.percent(rate.value)} against {baseline} "
            f"({figures.percent_range(rate)}{'' if has_one_judge else f', judged by {judge}'})."
        )
    return sentences, headlines
