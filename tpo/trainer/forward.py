"""A batch of pairs through the model with each prompt once (as in "prefix sharing", arXiv 2410.20305).

trl runs ``prompt + chosen`` and ``prompt + rejected`` as two rows. Here a pair is one row,

    prompt | chosen | last prompt token again | rejected

whose attention mask hides the first two parts' ends from the last two, and whose positions start again after the
chosen output. What every token sees is what it would see in a row of its own, so the log-probabilities are the same
numbers. The second copy of the last prompt token is there to predict the first token of the rejected output.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
import trl.trainer.utils as trl_utils
from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class SharedRows:
    """One row for each pair; T is the longest of them.

    `input_ids`, `position_ids`, `labels`: (pairs, T). `attention_mask`: (pairs, 1, T, T), True where a token may
    look. `chosen` and `rejected`: (pairs, T - 1), True where a token of that output is predicted.
    """

    input_ids: Tensor
    position_ids: Tensor
    labels: Tensor
    attention_mask: Tensor
    chosen: Tensor
    rejected: Tensor


def share_prompts(input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> SharedRows:
    """From trl's batch (2 x pairs, L): first all chosen, then all rejected, padded on the right, labels -100 on
    prompts and padding. Every prompt has at least one token."""
    sizes = attention_mask.sum(dim=1)
    chosen_size, rejected_size = sizes.chunk(2)
    pairs = len(chosen_size)
    prompt = sizes[:pairs] - (labels[:pairs] != -100).sum(dim=1)
    at = torch.arange(int((chosen_size + rejected_size - prompt).max()) + 1, device=input_ids.device).expand(pairs, -1)
    again, end = chosen_size[:, None], (chosen_size + rejected_size - prompt)[:, None] + 1
    second = at >= again  # the last prompt token again, and the rejected output
    position_ids = torch.where(second, at - again + prompt[:, None] - 1, at).clamp(max=input_ids.shape[1] - 1)
    row = torch.arange(pairs, device=input_ids.device)[:, None] + pairs * second
    real = at < end
    shared_labels = torch.where(real & (at != again), labels[row, position_ids], -100)
    hidden = (at >= prompt[:, None] - 1) & ~second  # from those of the second part
    causal = at[0][:, None] >= at[0][None, :]
    mask = causal[None] & ~(second[:, :, None] & hidden[:, None, :])
    predicted = shared_labels[:, 1:] != -100
    return SharedRows(
        input_ids=input_ids[row, position_ids],
        position_ids=position_ids,
        labels=shared_labels,
        attention_mask=mask[:, None],
        chosen=predicted & ~second[:, 1:],
        rejected=predicted & second[:, 1:],
    )


def forward_shared(model: Any, settings: Mapping[str, Any]) -> Any:
    """What ``model(**settings)`` of trl's fused head returns, by way of shared rows: its fields have the shape of
    the batch that was given, (2 x pairs, L - 1), zero where nothing is predicted."""
    rows = share_prompts(settings["input_ids"], settings["attention_mask"], settings["labels"])
    named = {name: getattr(rows, name) for name in ("input_ids", "position_ids", "labels", "attention_mask")}
    outputs = model(**{**settings, **named})
    predicted = settings["labels"][:, 1:] != -100
    for name in ("log_probs", "entropy", "mean_logits", "is_top1"):
        by_row = outputs[name]
        if by_row is not None:
            values = torch.cat([by_row[rows.chosen], by_row[rows.rejected]])
            outputs[name] = values.new_zeros(predicted.shape).masked_scatter(predicted, values)
    return outputs


@contextmanager
def scoring_outputs_only() -> Iterator[None]:
    """Within it, trl's fused head projects onto the vocabulary only the positions that have a label. It does so by
    itself where Triton runs, and projects every prompt and padding token on a CPU."""
    kept = trl_utils._use_triton
    trl_utils._use_triton = lambda _: True
    try:
        yield
    finally:
        trl_utils._use_triton = kept
