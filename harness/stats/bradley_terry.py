"""Bradley-Terry: how strong models are, from who wins against whom; pure functions over outcomes."""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def bradley_terry(
    models: npt.NDArray[np.int64], outcomes: Floats, weights: Floats, features: Floats | None = None
) -> Floats:
    """Maximum-likelihood log-odds of each model against the baseline, then the weights of the features.

    Arrays of shape (votes,): the model's number, its outcome in [0, 1], how often the vote counts; `features` of shape
    (votes, k). Newton's method to convergence; a model that never loses has no finite optimum and is held back by a
    negligible ridge. Source: Arena-Hard v2.0, style control.
    """
    size = int(models.max()) + 1
    design = np.zeros((len(models), size))
    design[np.arange(len(models)), models] = 1.0
    if features is not None:
        design = np.hstack([design, features])
    return _logistic(design, outcomes, weights)


def _logistic(design: Floats, outcomes: Floats, weights: Floats) -> Floats:
    """The optimum of a weighted logistic regression without intercept, and with next to no penalty."""
    coefficients = np.zeros(design.shape[1])
    ridge = 1e-9 * np.eye(design.shape[1])
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(design @ coefficients, -30, 30)))
        gradient = design.T @ (weights * (outcomes - p)) - 1e-9 * coefficients
        hessian = (design * (weights * p * (1 - p))[:, None]).T @ design + ridge
        step = np.clip(np.linalg.solve(hessian, gradient), -5, 5)
        coefficients += step
        if np.abs(step).max() < 1e-10:
            break
    return coefficients
