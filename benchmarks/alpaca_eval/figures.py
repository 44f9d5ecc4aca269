"""AlpacaEval's own figures: the official ones under their names, the honest interval beside them."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from tpobench.benchmarks.alpaca_eval.data import AlpacaData
from tpobench.benchmarks.alpaca_eval.length_control import ModelPrompts, refit_difference, refit_interval
from tpobench.benchmarks.alpaca_eval.length_fit import Floats
from tpobench.benchmarks.alpaca_eval.official import GamedData, official_length_control
from tpobench.harness.evaluation.benchmark import FigureDifference, PairedDifference, Score
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric

Positions = Mapping[str, int]
"""By the key of an instruction, its position in the official file: length control knows its difficulty by that."""


def score(data: AlpacaData) -> Score:
    """AlpacaEval's own figures (all in 0..1): the official ones under their names, the honest interval beside them."""
    positions = _positions(data)

    def figures(observations: Sequence[PromptJudgments]) -> list[Metric]:
        preference = _preference(observations)
        judged = preference[~np.isnan(preference)]
        if not judged.size:
            return []
        n = int(judged.size)
        spread = float(judged.std(ddof=1)) / math.sqrt(n) if n > 1 else None
        metrics = [
            Metric(name="official_standard_error", value=spread, n=n),
            Metric(name="discrete_win_rate", value=float(np.where(judged == 0.5, 0.5, judged > 0.5).mean()), n=n),
        ]
        if data.gamed is not None and len(observations) > 1:
            metrics += _length_controlled(observations, data.gamed, positions)
        return metrics

    return figures


def difference(data: AlpacaData) -> PairedDifference | None:
    """The difference of two models' length-controlled win rates; None without the data that length control needs."""
    gamed, positions = data.gamed, _positions(data)
    if gamed is None:
        return None

    def differences(a: Sequence[PromptJudgments], b: Sequence[PromptJudgments]) -> list[FigureDifference]:
        both = [(ours, theirs) for ours, theirs in zip(a, b, strict=True) if None not in (ours.value, theirs.value)]
        if len(both) < 2:
            return []
        sides = [_model_prompts([pair[side] for pair in both], gamed, positions) for side in (0, 1)]
        try:
            found = refit_difference(sides[0], sides[1], gamed.rows)
        except ValueError:  # nothing to fit, for example one length difference throughout
            return []
        return [
            FigureDifference(
                name=_name(gamed),
                a=found.a / 100,
                b=found.b / 100,
                difference=(found.a - found.b) / 100,
                low=found.low / 100,
                high=found.high / 100,
                n=len(both),
            )
        ]

    return differences


def _length_controlled(observations: Sequence[PromptJudgments], gamed: GamedData, positions: Positions) -> list[Metric]:
    preference = _preference(observations)
    n = int((~np.isnan(preference)).sum())
    ours = _model_prompts(observations, gamed, positions)
    itself = not np.any(ours.length_difference) and bool((preference[~np.isnan(preference)] == 0.5).all())
    # Upstream looks the difficulty up by the position in the annotations file, whichever instruction stands there.
    in_file = np.arange(len(observations))
    try:
        found = refit_interval(*ours, gamed.rows)
        official = official_length_control(preference, ours.length_difference, in_file, gamed, is_baseline=itself)
    except ValueError:  # nothing to fit, for example one length difference throughout
        return []
    name = _name(gamed)
    return [
        Metric(name=name, value=found.win_rate / 100, n=n, low=found.low / 100, high=found.high / 100),
        Metric(name=f"official_{name}", value=official.length_controlled_winrate / 100, n=n),
        Metric(name=f"official_{name}_standard_error", value=official.lc_standard_error / 100, n=n),
    ]


def _name(gamed: GamedData) -> str:
    """Reference data that is a stand-in gives figures under another name: they may be close, they are not published."""
    return "lc_win_rate_surrogate" if gamed.is_surrogate else "lc_win_rate"


def _positions(data: AlpacaData) -> Positions:
    return {prompt.key: position for position, prompt in enumerate(data.prompts)}


def _preference(observations: Sequence[PromptJudgments]) -> Floats:
    return np.array([math.nan if o.value is None else o.value for o in observations])


def _model_prompts(observations: Sequence[PromptJudgments], gamed: GamedData, positions: Positions) -> ModelPrompts:
    rows = np.array([positions.get(o.prompt.key, row) for row, o in enumerate(observations)])
    return ModelPrompts(
        preference=_preference(observations),
        length_difference=np.array([o.baseline_chars - o.candidate_chars for o in observations], dtype=float),
        difficulty=gamed.difficulty_of(rows),
    )
