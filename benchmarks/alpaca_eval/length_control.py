"""Length-controlled win rate of AlpacaEval 2 (Dubois et al., "Length-Controlled AlpacaEval"), solved to the optimum.

A preference is modelled as sigmoid(w_length * tanh(length difference / spread) + w_difficulty * difficulty +
w_constant), fitted with an L1 penalty; the win rate is the mean prediction at equal lengths.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GAMED_WEIGHT = 0.1
"""Weight of one regularisation row, where a judged prompt weighs 1."""

_CS = np.logspace(-4, 4, 10)
_FOLDS = 5
_LEAST_VARIATION = 5.0
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
    prompts = _checked(preference, length_difference, difficulty)
    if prompts.is_baseline:
        return LengthControlled(
            win_rate=50.0, standard_error_of_fit=0.0, weights=LengthWeights(0.0, 0.0, 0.0), C=0.0, objective=0.0
        )
    fit = _fitted(prompts, gamed)
    predicted = _predicted(fit.weights, prompts.difficulty)[0]
    return LengthControlled(
        win_rate=100 * float(predicted.mean()),
        standard_error_of_fit=100 * float(predicted.std(ddof=1)) / predicted.size**0.5,
        weights=LengthWeights(*fit.weights[0].tolist()),
        C=float(fit.objective.c[0]),
        objective=float(fit.objective.value(fit.weights)[0]),
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
    """Percentile interval of the length-controlled win rate from a bootstrap over prompts with a refit each time.

    Arguments and ValueErrors as `length_controlled_win_rate`. C and the spread of the length difference stay those of
    the whole sample: choosing them again changed the standard error by less than 1% on public annotations. The gamed
    rows, part of the metric's definition, are not resampled. So the interval is about what this metric would give on
    other prompts of the kind; the pull of the gamed rows on the figure itself is not in it.

    Where the preferences vary too little for a bootstrap (sum of squares about their mean under 5: few prompts, or
    almost all won or lost) four prompts join the sample, two won and two lost, of equal length and mean difficulty,
    as in `intervals.mean_interval`: without them sixty wins would have no width.

    `repeats` refits (at least 2) are drawn with `seed`; `confidence` is between 0 and 1.
    """
    if repeats < 2 or not 0 < confidence < 1:
        raise ValueError("a bootstrap needs two or more repeats and a confidence between 0 and 1")
    prompts = _checked(preference, length_difference, difficulty)
    if prompts.is_baseline:
        return RefitInterval(win_rate=50.0, low=50.0, high=50.0, standard_error=0.0, repeats=repeats)
    fit = _fitted(prompts, gamed)
    win_rate = 100 * float(_predicted(fit.weights, prompts.difficulty).mean())
    sample = prompts.padded() if prompts.variation < _LEAST_VARIATION else prompts
    n = sample.preference.size
    drawn = np.random.default_rng(seed).integers(0, n, (repeats, n)) + n * np.arange(repeats)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=repeats * n).reshape(repeats, n).astype(np.float64)
    objective = _objective(sample, gamed, np.repeat(fit.objective.c, repeats), counts)
    weights = objective.minimum(np.repeat(fit.weights, repeats, axis=0))
    refits = 100 * np.einsum("rn,rn->r", counts, _predicted(weights, sample.difficulty)) / n
    low, high = np.quantile(refits, [(1 - confidence) / 2, (1 + confidence) / 2]).tolist()
    return RefitInterval(
        win_rate=win_rate,
        low=min(low, win_rate),
        high=max(high, win_rate),
        standard_error=float(refits.std(ddof=1)),
        repeats=repeats,
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Prompts:
    """Arrays of shape (prompts,); `length` is the length feature, `preference` is 1/2 where `judged` is false."""

    preference: Floats
    judged: npt.NDArray[np.bool_]
    length: Floats
    difficulty: Floats
    is_baseline: bool

    @property
    def variation(self) -> float:
        judged = self.preference[self.judged]
        return float(((judged - judged.mean()) ** 2).sum())

    def padded(self) -> "_Prompts":
        """With two prompts won and two lost."""
        return _Prompts(
            preference=np.concatenate([self.preference, [0.0, 0.0, 1.0, 1.0]]),
            judged=np.concatenate([self.judged, np.ones(4, dtype=bool)]),
            length=np.concatenate([self.length, np.zeros(4)]),
            difficulty=np.concatenate([self.difficulty, np.full(4, self.difficulty.mean())]),
            is_baseline=False,
        )


@dataclass(frozen=True, eq=False)
class _Objective:
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
class _Fit:
    objective: _Objective
    weights: Floats


def _checked(preference: npt.ArrayLike, length_difference: npt.ArrayLike, difficulty: npt.ArrayLike) -> _Prompts:
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
    return _Prompts(
        preference=np.where(judged, given, 0.5),
        judged=judged,
        length=feature,
        difficulty=hardness,
        is_baseline=is_baseline,
    )


def _objective(prompts: _Prompts, gamed: GamedRows, c: Floats, counts: Floats) -> _Objective:
    """Gamed rows, then prompts; `counts` of shape (problems, prompts) says how often each prompt is in the sample."""
    rows, own = gamed.preference.size, prompts.preference.size
    return _Objective(
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


def _fitted(prompts: _Prompts, gamed: GamedRows) -> _Fit:
    """The fit at the C with the best cross-validated score."""
    whole = _objective(prompts, gamed, _CS[:1], np.ones((1, prompts.preference.size)))
    used = np.flatnonzero(whole.weights[0])
    # GroupKFold deals equal groups out from the last to the first
    folds = (used.size - 1 - np.arange(used.size)) % _FOLDS
    features, labels, weights = whole.features[used], whole.labels[used], whole.weights[0, used]
    kept = np.array([weights * (folds != fold) for fold in range(_FOLDS)])
    trained = _Objective(features, labels, np.repeat(kept, _CS.size, axis=0), np.tile(_CS, _FOLDS))
    predicted = _sigmoid(trained.minimum(np.zeros((_FOLDS * _CS.size, 3))) @ features.T).clip(1e-15, 1 - 1e-15)
    score = weights * (labels * np.log(predicted) + (1 - labels) * np.log(1 - predicted))
    by_fold = score.reshape(_FOLDS, _CS.size, -1)
    total = np.sum([by_fold[fold][:, folds == fold].mean(axis=1) for fold in range(_FOLDS)], axis=0)
    chosen = _Objective(features, labels, weights[None], _CS[[int(total.argmax())]])
    return _Fit(chosen, chosen.minimum(np.zeros((1, 3))))


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


def _predicted(weights: Floats, difficulty: Floats) -> Floats:
    """Preference at equal lengths, shape (problems, prompts)."""
    return _sigmoid(weights[:, 1:2] * difficulty + weights[:, 2:])


def _sigmoid(logits: Floats) -> Floats:
    """In place: the bootstrap spends its time here."""
    np.negative(logits, out=logits)
    with np.errstate(over="ignore"):  # exp(-logit) of infinity is a probability of 0
        np.exp(logits, out=logits)
    logits += 1
    return np.reciprocal(logits, out=logits)
