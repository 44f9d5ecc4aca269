"""Which token a row takes next: greedily, or by temperature and top-p from the row's own random stream."""

import torch
from transformers import LogitsProcessor

from tpobench.harness.errors import UserError
from tpobench.harness.records import SamplingParams

_NUCLEUS_GUESS = 1024
"""Tokens among which the nucleus is looked for first: sorting a whole vocabulary is slow."""


class TokenChoice(LogitsProcessor):  # type: ignore[misc]
    """Chooses each row's next token (temperature, then nucleus) by inverting the row's own uniform draw.

    Returns logits that leave only the chosen token, so that greedy decoding takes it. `draws` has shape
    (rows, max_new_tokens); `width` is the padded length of the prompts. Raises UserError for logits that are not
    numbers (NaN), from which a token would be chosen without an error.
    """

    def __init__(self, draws: torch.Tensor, width: int, params: SamplingParams, folder: str) -> None:
        self._draws = draws
        self._width = width
        self._params = params
        self._folder = folder

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if self._params.temperature == 0:
            self._require_numbers(scores.amax(-1))
            return scores
        probabilities = torch.softmax(scores.float() / self._params.temperature, dim=-1)
        draws = self._draws[:, input_ids.shape[1] - self._width]
        top, tokens = probabilities.topk(min(_NUCLEUS_GUESS, probabilities.shape[-1]))
        chosen = invert(top, tokens, draws, self._params.top_p)
        wider = ~(top.sum(-1) >= self._params.top_p)  # true for NaN too
        if bool(wider.any()):
            self._require_numbers(top)
            chosen[wider] = invert(*probabilities[wider].sort(descending=True), draws[wider], self._params.top_p)
        return torch.full_like(scores, -torch.inf).scatter(-1, chosen, 0.0)

    def _require_numbers(self, values: torch.Tensor) -> None:
        if not bool(values.isfinite().all()):
            raise UserError(
                f"the model {self._folder} computes logits that are not numbers: its weights are broken, or too "
                f"large for {str(values.dtype).removeprefix('torch.')}; sample from an earlier checkpoint"
            )


def invert(probabilities: torch.Tensor, tokens: torch.Tensor, draws: torch.Tensor, top_p: float) -> torch.Tensor:
    """The token of each row's nucleus at which the cumulative probability passes the draw; shape (rows, 1).

    `probabilities` and their `tokens` have shape (rows, candidates), most probable first.
    """
    before = probabilities.cumsum(-1) - probabilities
    cumulative = torch.where(before < top_p, probabilities, 0.0).cumsum(-1)
    index = torch.searchsorted(cumulative, draws[:, None] * cumulative[:, -1:], right=True)
    return tokens.gather(-1, index.clamp(max=tokens.shape[-1] - 1))


def uniform_draws(key: str, params: SamplingParams) -> torch.Tensor:
    """The row's own random stream: one uniform number for each new token."""
    generator = torch.Generator().manual_seed(int(key[:15], 16))
    return torch.rand(params.max_new_tokens, generator=generator)
