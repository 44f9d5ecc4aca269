"""What the models of a store come to: who leads where, if that is certain."""

from collections.abc import Mapping, Sequence
from typing import Any

from tpobench.harness.evaluation.ranks import WIN_RATE, RankedFigure, ranks
from tpobench.harness.evaluation.registry import figure_titles
from tpobench.harness.store.gates import DecisionOfModels
from tpobench.reports.decision import READINGS, culprits, reading_of
from tpobench.reports.evaluations import Evaluation, headline_of, named_apart
from tpobench.reports.formats import figures
from tpobench.reports.sections.verdict import Conclusion, Headline, facts_of, win_rate_headline
from tpobench.reports.sections.warnings import warnings_of, with_trust

MOST_HEADLINES = 4

MOST_NAMES = 3
"""Models that a sentence names; more are counted."""

_NOTHING = "No judge has given a verdict; what else was measured stands below."


def of_models(evaluations: Sequence[Evaluation], decisions: Sequence[DecisionOfModels]) -> Conclusion:
    """The conclusion on models without a run.

    Args:
        evaluations: Best first by benchmark.
        decisions: The gate's newest on each of the models.
    """
    claims, headlines = _leaders(evaluations)
    models = {(e.fingerprint, e.mode) for e in evaluations}
    gated = [_decided(one) for one in decisions]
    warnings = warnings_of(evaluations)
    alone = decisions[0].decision if decisions else "NOT GATED"
    badge = f"{len(models)} MODELS" if len(models) > 1 else alone
    said = [*gated, *claims] if len(models) == 1 else [*claims, *gated]
    if len(models) == 1 and gated and claims:  # the decision and by how much are one answer
        said = [f"{gated[0]}; {_won(evaluations[0])}", *gated[1:], *claims[1:]]
    return Conclusion(
        badge=badge,
        tone=badge.lower() if badge in READINGS else "pending",
        sentence=with_trust(said[0], warnings) if said else _NOTHING,
        more=[f"{one}." for one in said[1:]],
        rules=_rules(decisions),
        headlines=headlines[:MOST_HEADLINES],
        warnings=warnings,
        facts=facts_of(evaluations),
    )


def _decided(one: DecisionOfModels) -> str:
    """A gate's decision with the rules that made it, without a full stop."""
    reading = f"{reading_of(one.decision, one.rules)}{culprits(one.decision, one.rules)}"
    return f"{one.candidate}, gated against {one.against}, {reading}"


def _won(evaluation: Evaluation) -> str:
    """What a single model has, by the figure that its benchmark is known by."""
    figure = headline_of([evaluation])
    return f"on {evaluation.benchmark}{_by(evaluation, figure)} it {_said(evaluation, figure)}"


def _by(evaluation: Evaluation, figure: str) -> str:
    title = dict(figure_titles(evaluation.benchmark, [figure])).get(figure, figure)
    return "" if figure == WIN_RATE else f" by {title}"


def _said(evaluation: Evaluation, figure: str) -> str:
    """``wins 61.2% against BASE (95% interval 54.0–68.1%)``."""
    top = evaluation.overall(figure)
    if top is None or top.value is None:
        return f"has no valid figure against {evaluation.against}"
    wins = "wins" if figure == WIN_RATE else "has"
    reach = f" ({figures.INTERVAL} {figures.percent_range(top)})" if figures.percent_range(top) else ""
    return f"{wins} {figures.percent(top.value)} against {evaluation.against}{reach}"


def _rules(decisions: Sequence[DecisionOfModels]) -> list[Mapping[str, Any]]:
    """The rules behind every decision that is told; of several decisions each names its models."""
    if len(decisions) == 1:
        return list(decisions[0].rules)
    return [
        {**rule, "sentence": f"{decision.candidate} against {decision.against}: {rule['sentence']}"}
        for decision in decisions
        for rule in decision.rules
    ]


def _leaders(evaluations: Sequence[Evaluation]) -> tuple[list[str], list[Headline]]:
    """For each benchmark, baseline and judge, who leads: a sentence and a headline."""
    names = named_apart(evaluations)
    ranked: dict[tuple[str, str, str], list[Evaluation]] = {}
    for evaluation in evaluations:
        ranked.setdefault((evaluation.benchmark, evaluation.against, evaluation.judge_label), []).append(evaluation)
    sentences: list[str] = []
    headlines: list[Headline] = []
    for (benchmark, baseline, judge), group in ranked.items():
        figure = headline_of(group)
        best = group[0]
        label = f"{names[best.key]} v {baseline}, {benchmark}"
        headlines += win_rate_headline(label, "head-to-head", best, figure)
        by_judge = "" if sum(key[:2] == (benchmark, baseline) for key in ranked) == 1 else f", judged by {judge}"
        sentences += _sentence(group, figure, names, f"{benchmark}{by_judge}")
    return sentences, headlines


def _sentence(group: Sequence[Evaluation], figure: str, names: Mapping[str, str], where: str) -> list[str]:
    """Who leads a group, best first, by this figure, without a full stop; nothing where no judge gave a verdict."""
    best = group[0]
    top = best.overall(figure)
    if best.unanswered.missing == best.unanswered.of or top is None:
        return []
    if top.value is None:
        return [f"On {where}, no figure is valid: too many prompts have no verdict"]
    by, said = _by(best, figure), _said(best, figure)
    models = len({(e.fingerprint, e.mode) for e in group})
    if models == 1:
        return [f"{names[best.key]} is the only model on {where}{by}: it {said}"]
    of_models = ranks(_ranked(evaluation, figure) for evaluation in group)
    unranked = models - len(of_models)
    besides = f", beside {_counted(unranked)} without a valid figure" if unranked else ""
    if best.key in of_models and of_models[best.key].leads and len(of_models) > 1:
        return [f"{names[best.key]} leads {_counted(len(of_models))} on {where}{by}{besides}: it {said}"]
    first = [names[e.key] for e in group if (rank := of_models.get(e.key)) is not None and rank.low == 1]
    if len(first) < 2:
        return [f"{names[best.key]} is the only model with a valid figure on {where}{by}{besides}: it {said}"]
    apart = f"{_listed(first)} cannot be told apart at the top of {_counted(len(of_models))} on {where}{by}"
    return [f"{apart}{besides}: {names[best.key]} {said}"]


def _ranked(evaluation: Evaluation, name: str) -> RankedFigure:
    figure = evaluation.overall(name)
    return RankedFigure(
        evaluation=evaluation.key,
        model=(evaluation.fingerprint, evaluation.mode),
        value=None if figure is None else figure.value,
        low=None if figure is None else figure.low,
        high=None if figure is None else figure.high,
        preferences=evaluation.preferences if name == WIN_RATE else {},
    )


def _counted(models: int) -> str:
    return "1 model" if models == 1 else f"{figures.count(models)} models"


def _listed(names: Sequence[str]) -> str:
    """``a, b and c``; of more than a few how many others there are."""
    if len(names) > MOST_NAMES:
        return f"{', '.join(names[:MOST_NAMES])} and {figures.count(len(names) - MOST_NAMES)} more"
    return f"{', '.join(names[:-1])} and {names[-1]}"
