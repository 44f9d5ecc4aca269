"""AlpacaEval's own figures: the official ones under their names, the honest interval beside them."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tpobench.benchmarks.alpaca_eval.length_control import refit_interval
from tpobench.benchmarks.alpaca_eval.official import GamedData, official_length_control
from tpobench.harness.evaluation.benchmark import Score
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric


def score(gamed: GamedData | None) -> Score:
    """AlpacaEval's own figures (all in 0..1): the official ones under their names, the honest interval beside them."""

    def figures(observations: Sequence[PromptJudgments]) -> list[Metric]:
        preference = np.array([math.nan if o.value is None else o.value for o in observations])
        judged = preference[~np.isnan(preference)]
        if not judged.size:
            return []
        n = int(judged.size)
        spread = float(judged.std(ddof=1)) / math.sqrt(n) if n > 1 else None
        metrics = [
            Metric(name="official_standard_error", value=spread, n=n),
            Metric(name="discrete_win_rate", value=float(np.where(judged == 0.5, 0.5, judged > 0.5).mean()), n=n),
        ]
        if gamed is not None and len(observations) > 1:
            metrics += _length_controlled(observations, preference, gamed, n)
        return metrics

    return figures


def _length_controlled(
    observations: Sequence[PromptJudgments],
    preference: "np.ndarray[Any, np.dtype[np.float64]]",
    gamed: GamedData,
    n: int,
) -> list[Metric]:
    difference = np.array([o.baseline_chars - o.candidate_chars for o in observations], dtype=float)
    # Upstream looks the difficulty up by the position in the annotations file, so the order of the rows matters.
    positions = np.arange(len(observations))
    difficulty = gamed.difficulty_of(positions)
    itself = not difference.any() and bool((preference[~np.isnan(preference)] == 0.5).all())
    try:
        ours = refit_interval(preference, difference, difficulty, gamed.rows)
        official = official_length_control(preference, difference, positions, gamed, is_baseline=itself)
    except ValueError:  # nothing to fit, for example one length difference throughout
        return []
    # Reference data that is a stand-in gives figures under another name: they may be close, they are not published.
    name = "lc_win_rate_surrogate" if gamed.is_surrogate else "lc_win_rate"
    return [
        Metric(name=name, value=ours.win_rate / 100, n=n, category=None, low=ours.low / 100, high=ours.high / 100),
        Metric(name=f"official_{name}", value=official.length_controlled_winrate / 100, n=n),
        Metric(name=f"official_{name}_standard_error", value=official.lc_standard_error / 100, n=n),
    ]
