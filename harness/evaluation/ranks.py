"""The ranks that the models of a leaderboard can have, by the figure that their benchmark is known by."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tpobench.harness.evaluation.registry import declaration_of, figure_titles
from tpobench.harness.stats.ranks import RankInterval, paired_z, rank_intervals, unpaired_z, value_matrix

WIN_RATE = "win_rate"


@dataclass(frozen=True, kw_only=True)
class RankedFigure:
    """One model's figure in a ranking.

    Attributes:
        evaluation: The key of the evaluation that it is of.
        model: Fingerprint and mode: a model that was evaluated several times has one rank.
        value: None where it is INVALID or was not measured.
        low: The lower end of its 95% interval.
        high: Its upper end.
        preferences: Of a win rate: the preference for the model by prompt.
    """

    evaluation: str
    model: tuple[str, str]
    value: float | None
    low: float | None
    high: float | None
    preferences: Mapping[str, float] = field(default_factory=dict)


def ranks(figures: Iterable[RankedFigure]) -> dict[str, RankInterval]:
    """The ranks of these models, by evaluation; a model without a valid figure, or without an interval, has none.

    Win rates are compared prompt by prompt; other figures, each fitted to all prompts, by their intervals.
    """
    known: dict[tuple[str, str], RankedFigure] = {}
    for figure in figures:
        if figure.value is not None and figure.low is not None and figure.high is not None:
            known.setdefault(figure.model, figure)
    ranked = list(known.values())
    if not ranked:
        return {}
    if all(figure.preferences for figure in ranked):
        z = paired_z(value_matrix([dict(figure.preferences) for figure in ranked]))
    else:
        values, lows, highs = np.array([(f.value, f.low, f.high) for f in ranked], dtype=np.float64).T
        z = unpaired_z(values, lows, highs)
    return {figure.evaluation: rank for figure, rank in zip(ranked, rank_intervals(z), strict=True)}


def headline_figure(benchmark: str, measured: Sequence[Mapping[str, float | None]]) -> str:
    """The figure by which models of this benchmark are ranked: the one that it declares, where at least half of the
    evaluations have it; else the win rate, or the first figure that there is.

    Args:
        benchmark: As it is stored.
        measured: Of each evaluation its figures by name.
    """
    declaration = declaration_of(benchmark)
    for name in () if declaration is None else declaration.headlines:
        if 2 * sum(figures.get(name) is not None for figures in measured) >= max(len(measured), 1):
            return name
    names = list(dict.fromkeys(name for figures in measured for name in figures))
    if WIN_RATE in names or not names:
        return WIN_RATE
    titles = figure_titles(benchmark, names)
    return titles[0][0] if titles else names[0]
