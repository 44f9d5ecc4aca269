"""Bradley-Terry: how strong models are, from who wins against whom; pure functions over outcomes."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_RIDGE = 1e-9


def bradley_terry(
    models: npt.NDArray[np.int64], outcomes: Floats, weights: Floats, features: Floats | None = None
) -> Floats:
    """Maximum-likelihood log-odds of each model against the baseline, then the weights of the features.

    Arrays of shape (votes,): the model's number, its outcome in [0, 1], how often the vote counts; `features` of shape
    (votes, k). Newton's method to convergence; a model that never loses has no finite optimum and is held back by a
    negligible ridge. A model's column is 1 on its own votes only, so a step solves for the features first (Schur
    complement) and costs the same for any number of models. Source: Arena-Hard v2.0, style control.
    """
    size = int(models.max()) + 1
    columns = np.zeros((len(models), 0)) if features is None else features
    strength, effect = np.zeros(size), np.zeros(columns.shape[1])

    def by_model(values: Floats) -> Floats:
        return np.bincount(models, weights=values, minlength=size).astype(np.float64)

    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(strength[models] + columns @ effect, -30, 30)))
        residual, variance = weights * (outcomes - p), weights * p * (1 - p)
        gradient = by_model(residual) - _RIDGE * strength
        slope = columns.T @ residual - _RIDGE * effect
        own = by_model(variance) + _RIDGE
        cross = np.array([by_model(variance * column) for column in columns.T]).reshape(-1, size)
        shared = (columns * variance[:, None]).T @ columns + _RIDGE * np.eye(columns.shape[1]) - (cross / own) @ cross.T
        second = np.clip(np.linalg.solve(shared, slope - cross @ (gradient / own)), -5, 5)
        first = np.clip((gradient - cross.T @ second) / own, -5, 5)
        strength, effect = strength + first, effect + second
        if max(np.abs(first).max(), np.abs(second).max(initial=0.0)) < 1e-10:
            break
    return np.concatenate([strength, effect])
