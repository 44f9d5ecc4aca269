"""Reading the prompts of a batch into a key-value cache, each part once."""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

from tpobench.harness.samplers.padding import Padding


def read_prompts(
    model: Any, prompts: Sequence[Sequence[int]], padding: Padding, pad_id: int
) -> tuple[DynamicCache | None, torch.Tensor, torch.Tensor]:
    """Read the prompts into a key-value cache, all but each one's last token.

    What the prompts share is read once: the prompt of several samples and, padded in the middle, the common beginning
    (system message, thought prompt).

    Args:
        model: The model that reads.
        prompts: Token ids, at least one for each prompt; all of one length where nothing is padded.
        padding: Where shorter prompts are padded.
        pad_id: The token to pad with.

    Returns:
        The cache, token ids and attention mask, one row for each prompt; without padding no cache.
    """
    device = model.device
    if padding is Padding.NONE:
        whole = torch.tensor([list(prompt) for prompt in prompts], device=device)
        return None, whole, torch.ones_like(whole)
    unique = list(dict.fromkeys(map(tuple, prompts)))
    shared = common_length(unique) if padding is Padding.MIDDLE else 0
    width = max(map(len, unique))
    gaps = [width - len(prompt) for prompt in unique]
    padded = [[*p[:shared], *[pad_id] * gap, *p[shared:]] for p, gap in zip(unique, gaps, strict=True)]
    attended = [[1] * shared + [0] * gap + [1] * (width - shared - gap) for gap in gaps]
    ids, mask = torch.tensor(padded, device=device), torch.tensor(attended, device=device)
    cache = DynamicCache(config=model.config)
    with torch.inference_mode():
        if shared:
            model(ids[:1, :shared], past_key_values=cache, use_cache=True, logits_to_keep=1)
            cache.batch_select_indices(torch.zeros(len(unique), dtype=torch.long, device=device))
        if shared < width - 1:
            model(
                ids[:, shared:-1],
                attention_mask=mask[:, :-1],
                past_key_values=cache,
                use_cache=True,
                position_ids=(mask.cumsum(-1) - 1).clamp(min=0)[:, shared:-1],
                logits_to_keep=1,
            )
        row_of = {prompt: row for row, prompt in enumerate(unique)}
        rows = torch.tensor([row_of[tuple(prompt)] for prompt in prompts], device=device)
        if width > 1:
            cache.batch_select_indices(rows)
    return cache, ids[rows], mask[rows]


def common_length(prompts: Sequence[Sequence[int]]) -> int:
    """How many tokens all prompts have in common at the beginning, leaving at least one token of each."""
    shortest = min(map(len, prompts)) - 1
    return next((at for at in range(shortest) if len({prompt[at] for prompt in prompts}) > 1), shortest)
