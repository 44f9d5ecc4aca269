"""Win rates at equal style: what a model would score if its answers were styled like the baseline's.

A prompt's outcome is modelled as sigmoid(b + sum of w_k * style difference k), fitted by weighted logistic regression
on one model's prompts; the score is sigmoid(b), the prediction where no style difference is left. Differences are not
centred: centred on the model's own mean, as upstream's fit over many models is on theirs, b would be the score that
was observed, and nothing would be controlled.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tpobench.harness.stats.bootstrap import drawn_counts, expanded_percentiles

Floats = npt.NDArray[np.float64]

REPEATS = 1000
"""Refits behind an interval."""

_RIDGE = 1.0
"""Penalty on a style difference's weight per standard deviation, as of a normal prior of variance 1: it bounds the fit
where style separates won from lost, and is nothing beside the votes of a hundred prompts."""

_HOLD = 1e-3
"""Penalty on b: a model that wins everything scores 99.9%, not infinity."""

_STEPS = 50
_BATCH = 64  # samples at a time: their working arrays stay in the processor's cache
_WON_AND_LOST = (1.0, 0.0)
"""The outcomes of the pseudo prompts."""


@dataclass(frozen=True, eq=False, kw_only=True)
class StyledPrompts:
    """One model's prompts. `outcomes` in [0, 1] and `weights` (how many votes, strong ones three times) have shape
    (prompts,), style `differences` to the baseline (prompts, k)."""

    outcomes: Floats
    weights: Floats
    differences: Floats

    @property
    def identified(self) -> bool:
        """Whether the effect of style can be told from how good the model is: no difference is the same on every
        prompt unless it is 0."""
        constant = np.ptp(self.differences, axis=0) <= 1e-12
        return not bool((constant & (np.abs(self.differences[:1]) > 1e-12)).any())


@dataclass(frozen=True)
class EqualStyle:
    """A score at equal style, in 0..1, with its interval."""

    score: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class StyleDifference:
    """The scores `a` and `b` of two models at the baseline's style, and the interval of a - b."""

    a: float
    b: float
    low: float
    high: float


def equal_style(prompts: StyledPrompts, repeats: int = REPEATS, seed: int = 0, confidence: float = 0.95) -> EqualStyle:
    """The score at zero style difference, with the expanded percentiles of a bootstrap over prompts that refits.

    What is drawn from has two more prompts without a style difference, one won and one lost: without them a model that
    wins every prompt would have no width. (Four, as Agresti & Coull add to a share, pull further than a model whose
    style differs much can bear: coverage was 93%.)

    Raises:
        ValueError: Style and strength cannot be told apart: see `StyledPrompts.identified`.
    """
    n = prompts.outcomes.size
    score, refits = _refits(prompts, _WON_AND_LOST, drawn_counts(repeats, n + len(_WON_AND_LOST), seed))
    low, high = expanded_percentiles(refits, n=n, parameters=_parameters(prompts), confidence=confidence)
    return EqualStyle(score, min(float(low), score), max(float(high), score))


def equal_style_difference(
    a: StyledPrompts, b: StyledPrompts, repeats: int = REPEATS, seed: int = 0, confidence: float = 0.95
) -> StyleDifference:
    """The difference of two models' scores at the baseline's style, paired: the same prompts are drawn for both, and
    both are refitted. The prompts of `a` and `b` are the same, in one order.

    What is drawn from has two more prompts, one that only `a` wins and one that only `b` wins (see `equal_style`).

    Raises:
        ValueError: Of a model, style and strength cannot be told apart, or the numbers of prompts differ.
    """
    n = a.outcomes.size
    if b.outcomes.size != n:
        raise ValueError("a paired difference needs the same prompts of both models")
    counts = drawn_counts(repeats, n + len(_WON_AND_LOST), seed)
    score_a, refits_a = _refits(a, _WON_AND_LOST, counts)
    score_b, refits_b = _refits(b, _WON_AND_LOST[::-1], counts)
    parameters = max(_parameters(a), _parameters(b))
    low, high = expanded_percentiles(refits_a - refits_b, n=n, parameters=parameters, confidence=confidence)
    difference = score_a - score_b
    return StyleDifference(a=score_a, b=score_b, low=min(float(low), difference), high=max(float(high), difference))


def _parameters(prompts: StyledPrompts) -> int:
    return 1 + int((np.ptp(prompts.differences, axis=0) > 1e-12).sum())


def _refits(prompts: StyledPrompts, pseudo: tuple[float, ...], counts: Floats) -> tuple[float, Floats]:
    """The score, and those of refits on samples: `counts` of the prompts and of the pseudo prompts after them."""
    if not prompts.identified:
        raise ValueError("every answer differs from the baseline by the same style: its effect cannot be told apart")
    varying = prompts.differences[:, np.ptp(prompts.differences, axis=0) > 1e-12]
    scaled = varying / varying.std(axis=0, ddof=1) if len(varying) > 1 else varying
    design = np.column_stack([np.ones(len(scaled)), scaled])
    whole = _fitted(design, prompts.outcomes, prompts.weights[None], np.zeros((1, design.shape[1])))
    none = np.zeros((len(pseudo), design.shape[1]))
    none[:, 0] = 1.0
    weights = np.append(prompts.weights, np.full(len(pseudo), prompts.weights.mean()))
    fits = _fitted(
        np.concatenate([design, none]),
        np.append(prompts.outcomes, pseudo),
        counts * weights,
        np.repeat(whole, len(counts), axis=0),
    )
    scores = _sigmoid(np.concatenate([whole, fits])[:, 0])
    return float(scores[0]), scores[1:]


def _fitted(design: Floats, outcomes: Floats, weights: Floats, start: Floats) -> Floats:
    """Coefficients, shape (samples, k + 1), of each sample's penalised logistic regression; `weights` has shape
    (samples, prompts).

    Newton's steps, damped by log(1 + M) / M, where M bounds the change of any prompt's log-odds: by the
    self-concordance of the logistic loss (Bach, "Self-concordant analysis for logistic regression") that always
    descends.
    """
    parts = [
        _newton(design, outcomes, weights[at : at + _BATCH], start[at : at + _BATCH])
        for at in range(0, len(weights), _BATCH)
    ]
    return np.concatenate(parts)


def _newton(design: Floats, outcomes: Floats, weights: Floats, coefficients: Floats) -> Floats:
    size = design.shape[1]
    penalty = np.full(size, _RIDGE)
    penalty[0] = _HOLD
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), size * size)
    reach = np.abs(design).max(axis=0)
    for _ in range(_STEPS):
        chances = _sigmoid(coefficients @ design.T)
        gradient = (weights * (outcomes - chances)) @ design - penalty * coefficients
        hessian = ((weights * chances * (1 - chances)) @ products).reshape(-1, size, size) + np.diag(penalty)
        step = np.linalg.solve(hessian, gradient[:, :, None])[:, :, 0]
        change = np.abs(step) @ reach
        damping = np.divide(np.log1p(change), change, out=np.ones_like(change), where=change > 0)
        coefficients = coefficients + step * damping[:, None]
        if change.max() < 1e-6:
            break
    return coefficients


def _sigmoid(logits: Floats) -> Floats:
    chances: Floats = 1 / (1 + np.exp(-np.clip(logits, -500, 500)))
    return chances
