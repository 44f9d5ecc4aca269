"""AlpacaEval 2's length-controlled win rate of one model, and the difference between two, with honest intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tpobench.benchmarks.alpaca_eval.length_fit import (
    Floats,
    GamedRows,
    LengthWeights,
    Prompts,
    checked_prompts,
    fitted,
    predicted_at_equal_length,
)
from tpobench.harness.stats.bootstrap import drawn_counts, expanded_percentiles

_PARAMETERS = 3
_WON_AND_LOST = (1.0, 0.0)
"""The preferences of the pseudo prompts."""


class ModelPrompts(NamedTuple):
    """One model's prompts, as `length_controlled_win_rate` takes them."""

    preference: npt.ArrayLike
    length_difference: npt.ArrayLike
    difficulty: npt.ArrayLike


@dataclass(frozen=True, kw_only=True)
class LengthControlled:
    """A length-controlled fit.

    `win_rate` is in 0..100. `standard_error_of_fit` is the official `lc_standard_error`, in points: the standard error
    of the mean of the *fitted* values, as if the coefficients were known; it is not an error of the win rate
    (`refit_interval` gives that). `C` weighs the data against the penalty, as selected by cross-validation;
    `objective` is the minimum of sum |w| + C * weighted log-loss.
    """

    win_rate: float
    standard_error_of_fit: float
    weights: LengthWeights
    C: float
    objective: float


@dataclass(frozen=True, kw_only=True)
class RefitInterval:
    """A length-controlled win rate in 0..100 with its bootstrap interval and standard error, in points."""

    win_rate: float
    low: float
    high: float
    standard_error: float
    repeats: int


def length_controlled_win_rate(
    preference: npt.ArrayLike, length_difference: npt.ArrayLike, difficulty: npt.ArrayLike, gamed: GamedRows
) -> LengthControlled:
    """The win rate of one model at equal lengths, from its prompts in the order of the annotations file.

    Three arrays of shape (prompts,): `preference` for the model in [0, 1], NaN where the judge gave no verdict;
    `length_difference` is baseline minus model, in characters; `difficulty` is that of the instruction. A prompt
    without a verdict still counts in the spread of the length difference and in the mean prediction, as upstream.

    Objective, grid of C, folds and score are those of `alpaca_eval.metrics.glm_winrate` 0.6.6 (the folds of a
    scikit-learn whose sort is stable), but the objective is minimised exactly. The baseline against itself (equal
    lengths, nothing but ties) is 50 by definition, with C, weights and objective 0. Raises ValueError when there is
    nothing to fit.
    """
    prompts = checked_prompts(preference, length_difference, difficulty)
    if prompts.is_baseline:
        return LengthControlled(
            win_rate=50.0, standard_error_of_fit=0.0, weights=LengthWeights(0.0, 0.0, 0.0), C=0.0, objective=0.0
        )
    fit = fitted(prompts, gamed)
    predicted = predicted_at_equal_length(fit.weights, prompts.difficulty)[0]
    return LengthControlled(
        win_rate=100 * float(predicted.mean()),
        standard_error_of_fit=100 * float(predicted.std(ddof=1)) / predicted.size**0.5,
        weights=LengthWeights(*fit.weights[0].tolist()),
        C=float(fit.problem.c[0]),
        objective=float(fit.problem.value(fit.weights)[0]),
    )


def refit_interval(
    preference: npt.ArrayLike,
    length_difference: npt.ArrayLike,
    difficulty: npt.ArrayLike,
    gamed: GamedRows,
    repeats: int = 1000,
    seed: int = 0,
    confidence: float = 0.95,
) -> RefitInterval:
    """Interval of the length-controlled win rate from a bootstrap over prompts with a refit each time: percentiles,
    expanded for few prompts (`bootstrap.expanded_percentiles`).

    Arguments and ValueErrors as `length_controlled_win_rate`. C and the spread of the length difference stay those of
    the whole sample: choosing them again changed the standard error by less than 1% on public annotations. The gamed
    rows, part of the metric's definition, are not resampled. So the interval is about what this metric would give on
    other prompts of the kind; the pull of the gamed rows on the figure itself is not in it.

    What is drawn from has two more prompts, one won and one lost, of equal length and mean difficulty: without them
    sixty wins would have no width.

    `repeats` refits (at least 2) are drawn with `seed`; `confidence` is between 0 and 1.
    """
    _require_bootstrap(repeats, confidence)
    prompts = checked_prompts(preference, length_difference, difficulty)
    if prompts.is_baseline:
        return RefitInterval(win_rate=50.0, low=50.0, high=50.0, standard_error=0.0, repeats=repeats)
    n = prompts.preference.size
    rate, refits = _refits(prompts, gamed, _WON_AND_LOST, drawn_counts(repeats, n + len(_WON_AND_LOST), seed))
    low, high = expanded_percentiles(refits, n=n, parameters=_PARAMETERS, confidence=confidence)
    return RefitInterval(
        win_rate=rate,
        low=min(float(low), rate),
        high=max(float(high), rate),
        standard_error=float(refits.std(ddof=1)),
        repeats=repeats,
    )


@dataclass(frozen=True, kw_only=True)
class RefitDifference:
    """The length-controlled win rates `a` and `b` of two models, and a - b with its interval; in points."""

    a: float
    b: float
    low: float
    high: float


def refit_difference(
    a: ModelPrompts, b: ModelPrompts, gamed: GamedRows, repeats: int = 1000, seed: int = 0, confidence: float = 0.95
) -> RefitDifference:
    """The difference of two models' length-controlled win rates against one baseline, paired by prompt: the same
    prompts are drawn for both, and both are refitted. The prompts of `a` and `b` are the same, in one order.

    What is drawn from has two more prompts, one that only `a` wins and one that only `b` wins (see `refit_interval`).
    """
    _require_bootstrap(repeats, confidence)
    sides = [checked_prompts(*side) for side in (a, b)]
    n = sides[0].preference.size
    if sides[1].preference.size != n:
        raise ValueError("a paired difference needs the same prompts of both models")
    counts = drawn_counts(repeats, n + len(_WON_AND_LOST), seed)
    (rate_a, refits_a), (rate_b, refits_b) = (
        _refits(side, gamed, pseudo, counts)
        for side, pseudo in zip(sides, (_WON_AND_LOST, _WON_AND_LOST[::-1]), strict=True)
    )
    low, high = expanded_percentiles(refits_a - refits_b, n=n, parameters=_PARAMETERS, confidence=confidence)
    difference = rate_a - rate_b
    return RefitDifference(a=rate_a, b=rate_b, low=min(float(low), difference), high=max(float(high), difference))


def _refits(prompts: Prompts, gamed: GamedRows, pseudo: Sequence[float], counts: Floats) -> tuple[float, Floats]:
    """The win rate, and those of the refits on `counts` of the prompts and of the pseudo prompts after them; in points.
    The baseline itself is 50 each time, by definition."""
    if prompts.is_baseline:
        return 50.0, np.full(len(counts), 50.0)
    fit = fitted(prompts, gamed)
    rate = 100 * float(predicted_at_equal_length(fit.weights, prompts.difficulty).mean())
    return rate, 100 * fit.refits(prompts.padded(pseudo), gamed, counts)


def _require_bootstrap(repeats: int, confidence: float) -> None:
    if repeats < 2 or not 0 < confidence < 1:
        raise ValueError("a bootstrap needs two or more repeats and a confidence between 0 and 1")
