"""The fit behind AlpacaEval 2's length-controlled win rate (Dubois et al., "Length-Controlled AlpacaEval").

A preference is modelled as sigmoid(w_length * tanh(length difference / spread) + w_difficulty * difficulty +
w_constant), fitted with an L1 penalty; the win rate is the mean prediction at equal lengths.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GAMED_WEIGHT = 0.1
"""Weight of one regularisation row, where a judged prompt weighs 1."""

_LEAST_REFIT_C = 1.0
"""Few prompts can select a C whose penalty holds every weight at 0: in each resample, too, so without any width."""

_CS = np.logspace(-4, 4, 10)
_FOLDS = 5
_BATCH = 32  # problems at a time: their working arrays stay in the processor's cache
_STEPS = 200
_PAIRS = ((0, 0), (0, 1), (0, 2), (1, 1), (1, 2), (2, 2))
_UNPACK = np.array([[0, 1, 2], [1, 3, 4], [2, 4, 5]])


@dataclass(frozen=True, eq=False)
class GamedRows:
    """Judgments of a concise and a verbose baseline, which hold the fit in place; three arrays of shape (rows,).

    `preference` in [0, 1] for the gamed answer; `std_delta_len` is baseline minus gamed length in standard deviations;
    `difficulty` is that of the instruction, on the log-odds scale. Raises ValueError for anything else.
    """

    preference: Floats
    std_delta_len: Floats
    difficulty: Floats

    def __post_init__(self) -> None:
        if not self.preference.shape == self.std_delta_len.shape == self.difficulty.shape == (self.preference.size,):
            raise ValueError("gamed rows are three arrays of one length")
        if self.preference.size < _FOLDS:
            raise ValueError(f"the fit needs at least {_FOLDS} gamed rows")
        if not (np.isfinite(self.std_delta_len).all() and np.isfinite(self.difficulty).all()):
            raise ValueError("length and difficulty of a gamed row are finite numbers")
        if not ((self.preference >= 0) & (self.preference <= 1)).all():  # NaN fails this, too
            raise ValueError("preferences of gamed rows lie in [0, 1]")


@dataclass(frozen=True)
class LengthWeights:
    """Coefficients on the log-odds scale."""

    length: float
    difficulty: float
    constant: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Prompts:
    """One model's prompts. Arrays of shape (prompts,); `length` is the length feature, `preference` is 1/2 where
    `judged` is false."""

    preference: Floats
    judged: npt.NDArray[np.bool_]
    length: Floats
    difficulty: Floats
    is_baseline: bool

    def padded(self, preference: Sequence[float]) -> "Prompts":
        """With pseudo prompts of these preferences, of equal length and mean difficulty."""
        more = len(preference)
        return Prompts(
            preference=np.concatenate([self.preference, preference]),
            judged=np.concatenate([self.judged, np.ones(more, dtype=bool)]),
            length=np.concatenate([self.length, np.zeros(more)]),
            difficulty=np.concatenate([self.difficulty, np.full(more, self.difficulty.mean())]),
            is_baseline=False,
        )


@dataclass(frozen=True, eq=False)
class Objective:
    """Problems over shared rows: sum |w| + c * sum weights * log-loss; weights (problems, rows), c (problems,)."""

    features: Floats
    labels: Floats
    weights: Floats
    c: Floats

    def value(self, w: Floats) -> Floats:
        """Objective at w, shape (problems, 3), for each problem."""
        logits = w @ self.features.T
        loss = self.weights * (np.logaddexp(0, logits) - self.labels * logits)
        total: Floats = np.abs(w).sum(axis=1) + self.c * loss.sum(axis=1)
        return total

    def minimum(self, w: Floats) -> Floats:
        """Minimisers, shape (problems, 3), by proximal Newton steps from w.

        A step is damped by log(1 + M) / M, where M bounds the change of any row's logit: by the self-concordance of
        the logistic loss (Bach, "Self-concordant analysis for logistic regression") that always descends, without
        evaluating the objective, and it leaves the convergence quadratic.
        """
        squares = np.stack([self.features[:, i] * self.features[:, j] for i, j in _PAIRS], axis=1)
        reach = np.abs(self.features).max(axis=0)
        label_part = self.weights @ (self.labels[:, None] * self.features)
        for _ in range(_STEPS):
            gradient, hessian = self._derivatives(w, squares, label_part)
            step = _penalised_step(gradient, hessian, w)
            change = np.abs(step) @ reach
            w = w + step * np.divide(np.log1p(change), change, out=np.ones_like(change), where=change > 0)[:, None]
            if change.max() < 1e-5:
                return w
        raise ValueError("the length-controlled fit did not converge")

    def _derivatives(self, w: Floats, squares: Floats, label_part: Floats) -> tuple[Floats, Floats]:
        """Gradient (problems, 3) and Hessian (problems, 3, 3) of the smooth part."""
        gradient, hessian = np.empty((len(w), 3)), np.empty((len(w), 6))
        for start in range(0, len(w), _BATCH):
            some = slice(start, start + _BATCH)
            probability = _sigmoid(w[some] @ self.features.T)
            weighted = self.weights[some] * probability
            gradient[some] = weighted @ self.features
            probability *= weighted
            weighted -= probability
            hessian[some] = weighted @ squares
        scale = self.c[:, None]
        return (gradient - label_part) * scale, (hessian * scale)[:, _UNPACK]


@dataclass(frozen=True, eq=False)
class Fit:
    """The problem that was solved, and its minimiser, shape (1, 3)."""

    problem: Objective
    weights: Floats

    def refits(self, prompts: Prompts, gamed: GamedRows, counts: Floats) -> Floats:
        """The win rate at equal length, in 0..1, of each sample: `counts` of shape (samples, prompts) says how often
        each prompt is in it. C stays that of this fit, but not below `_LEAST_REFIT_C`."""
        problem = objective(prompts, gamed, np.repeat(self.problem.c.clip(_LEAST_REFIT_C), len(counts)), counts)
        weights = problem.minimum(np.repeat(self.weights, len(counts), axis=0))
        rates = np.einsum("rn,rn->r", counts, predicted_at_equal_length(weights, prompts.difficulty))
        shares: Floats = rates / counts.sum(axis=1)
        return shares


def checked_prompts(preference: npt.ArrayLike, length_difference: npt.ArrayLike, difficulty: npt.ArrayLike) -> Prompts:
    """The prompts of one model; ValueError where there is nothing to fit."""
    given, lengths, hardness = (np.asarray(a, dtype=np.float64) for a in (preference, length_difference, difficulty))
    if not given.shape == lengths.shape == hardness.shape == (given.size,):
        raise ValueError("preference, length difference and difficulty are three arrays of one length")
    if given.size < 2:
        raise ValueError("length control needs at least two prompts")
    judged = ~np.isnan(given)
    if not judged.any():
        raise ValueError("no prompt has a verdict")
    if not ((given[judged] >= 0) & (given[judged] <= 1)).all():
        raise ValueError("preferences lie in [0, 1]")
    if not (np.isfinite(lengths).all() and np.isfinite(hardness).all()):
        raise ValueError("length differences and difficulties are finite numbers")
    if np.ptp(lengths) > 0:
        feature = np.tanh(lengths / lengths.std(ddof=1))
    elif lengths[0] == 0:
        feature = np.zeros_like(lengths)
    else:
        raise ValueError("all answers differ from the baseline by the same length: its effect cannot be told apart")
    is_baseline = bool((lengths == 0).all() and (given[judged] == 0.5).all())
    return Prompts(
        preference=np.where(judged, given, 0.5),
        judged=judged,
        length=feature,
        difficulty=hardness,
        is_baseline=is_baseline,
    )


def objective(prompts: Prompts, gamed: GamedRows, c: Floats, counts: Floats) -> Objective:
    """Gamed rows, then prompts; `counts` of shape (problems, prompts) says how often each prompt is in the sample."""
    rows, own = gamed.preference.size, prompts.preference.size
    return Objective(
        features=np.column_stack(
            [
                np.concatenate([np.tanh(gamed.std_delta_len), prompts.length]),
                np.concatenate([gamed.difficulty, prompts.difficulty]),
                np.concatenate([np.zeros(rows), np.ones(own)]),
            ]
        ),
        labels=np.concatenate([gamed.preference, prompts.preference]),
        weights=np.concatenate([np.full((len(counts), rows), GAMED_WEIGHT), counts * prompts.judged], axis=1),
        c=c,
    )


def fitted(prompts: Prompts, gamed: GamedRows) -> Fit:
    """The fit at the C with the best cross-validated score."""
    whole = objective(prompts, gamed, _CS[:1], np.ones((1, prompts.preference.size)))
    used = np.flatnonzero(whole.weights[0])
    # GroupKFold deals equal groups out from the last to the first
    folds = (used.size - 1 - np.arange(used.size)) % _FOLDS
    features, labels, weights = whole.features[used], whole.labels[used], whole.weights[0, used]
    kept = np.array([weights * (folds != fold) for fold in range(_FOLDS)])
    trained = Objective(features, labels, np.repeat(kept, _CS.size, axis=0), np.tile(_CS, _FOLDS))
    predicted = _sigmoid(trained.minimum(np.zeros((_FOLDS * _CS.size, 3))) @ features.T).clip(1e-15, 1 - 1e-15)
    score = weights * (labels * np.log(predicted) + (1 - labels) * np.log(1 - predicted))
    by_fold = score.reshape(_FOLDS, _CS.size, -1)
    total = np.sum([by_fold[fold][:, folds == fold].mean(axis=1) for fold in range(_FOLDS)], axis=0)
    chosen = Objective(features, labels, weights[None], _CS[[int(total.argmax())]])
    return Fit(chosen, chosen.minimum(np.zeros((1, 3))))


def _penalised_step(gradient: Floats, hessian: Floats, w: Floats) -> Floats:
    """The step with the least gradient * step + step * hessian * step / 2 + sum |w + step|.

    Coordinate descent, from the solution in closed form where that keeps every sign, which is nearly always.
    """
    curvature = np.maximum(np.diagonal(hessian, axis1=1, axis2=2), 1e-12)
    regular = hessian + np.eye(3) * (1e-9 * curvature + 1e-12)[:, None, :]
    signs = np.sign(w)
    closed = w - np.linalg.solve(regular, (gradient + signs)[:, :, None])[:, :, 0]
    target = np.where((closed * signs > 0).all(axis=1, keepdims=True), closed, w)
    slope = gradient + (hessian @ (target - w)[:, :, None])[:, :, 0]
    for _ in range(1000):
        largest = 0.0
        for j in range(3):
            free = target[:, j] - slope[:, j] / curvature[:, j]
            change = np.sign(free) * np.maximum(np.abs(free) - 1 / curvature[:, j], 0) - target[:, j]
            target[:, j] += change
            slope += hessian[:, :, j] * change[:, None]
            largest = max(largest, float(np.abs(change).max()))
        if largest < 1e-10:
            break
    return target - w


def predicted_at_equal_length(weights: Floats, difficulty: Floats) -> Floats:
    """Preference at equal lengths, shape (problems, prompts)."""
    return _sigmoid(weights[:, 1:2] * difficulty + weights[:, 2:])


def _sigmoid(logits: Floats) -> Floats:
    """In place: the bootstrap spends its time here."""
    np.negative(logits, out=logits)
    with np.errstate(over="ignore"):  # exp(-logit) of infinity is a probability of 0
        np.exp(logits, out=logits)
    logits += 1
    return np.reciprocal(logits, out=logits)
