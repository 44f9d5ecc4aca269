"""Which padding a model takes: what its configuration says, corrected by a check when it is loaded."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from transformers import DynamicCache, LogitsProcessor
from transformers.cache_utils import DummyLayer, DynamicLayer, DynamicSlidingWindowLayer

from tpobench.harness.samplers.padding import Padding, PaddingRule
from tpobench.harness.samplers.prefill import read_prompts

_CHECKED = (10, 6)
"""Tokens of the two prompts by which a padding is checked."""

_SHARED = 3
"""Tokens with which both begin."""

_OWN_WINDOWS = ("window_size", "attention_window_size", "attention_window")
"""What models call a window of which the library's cache knows nothing (GPT-Neo's, for one)."""

_ROUNDING = {torch.float32: 0.01}
"""The largest difference of logits that counts as rounding, as a share of their standard deviation."""

_ROUNDING_IN_HALF = 0.2
"""The same in half precision."""


def padding_rule(model: Any, pad_id: int) -> PaddingRule:
    """The fastest rule under which two short prompts get the same logits in a batch as each one alone.

    Args:
        model: The loaded model.
        pad_id: The token to pad with.
    """
    with _one_thread():
        return _checked(model, pad_id, _configured(model))


def _checked(model: Any, pad_id: int, rule: PaddingRule) -> PaddingRule:
    before = _module_state(model)
    alone = [_forced_logits(model, prompt) for prompt in _check_prompts(model)]

    def agrees(padding: Padding) -> bool:
        return _agrees(model, padding, pad_id, torch.cat(alone))

    if rule.within is not Padding.NONE:
        within = next((each for each in (Padding.MIDDLE, Padding.LEFT) if agrees(each)), Padding.NONE)
        rule = replace(rule, within=within)
    if rule.within is Padding.NONE:
        rule = replace(rule, limit=None, one_by_one=not _agrees_with_itself(model))
    elif rule.limit is not None and rule.beyond is Padding.LEFT and not agrees(Padding.LEFT):
        rule = replace(rule, beyond=Padding.NONE)
    return replace(rule, side_by_side=rule.side_by_side and _module_state(model) == before)


def _configured(model: Any) -> PaddingRule:
    config = model.config.get_text_config(decoder=True)
    try:
        layers = DynamicCache(config=model.config).layers
    except Exception:  # a cache of the model's own
        return PaddingRule(within=Padding.NONE)
    if any(type(layer) not in (DynamicLayer, DynamicSlidingWindowLayer, DummyLayer) for layer in layers):
        return PaddingRule(within=Padding.NONE)
    if getattr(model, "_is_stateful", False):
        return PaddingRule(within=Padding.NONE)
    if (original := _rope_limit(config)) is not None:  # beyond it, one long row changes the positions of all
        return PaddingRule(within=Padding.MIDDLE, limit=original, side_by_side=False)
    windows = [layer.sliding_window for layer in layers if isinstance(layer, DynamicSlidingWindowLayer)]
    windows += [value for name, value in config.to_dict().items() if name in _OWN_WINDOWS and value]
    return PaddingRule(within=Padding.MIDDLE, limit=min(windows, default=None), beyond=Padding.LEFT)


def _rope_limit(config: Any) -> int | None:
    """The length from which on rotary positions depend on the longest row."""

    def found(settings: Any) -> bool:
        if not isinstance(settings, dict):
            return False
        kind = settings.get("rope_type", settings.get("type"))
        return kind in ("longrope", "dynamic") or any(found(value) for value in settings.values())

    settings = getattr(config, "rope_parameters", None) or {}
    if not found(settings):
        return None
    given = getattr(config, "original_max_position_embeddings", None)
    given = given or settings.get("original_max_position_embeddings")
    return int(given or config.max_position_embeddings)


def _agrees(model: Any, padding: Padding, pad_id: int, alone: torch.Tensor) -> bool:
    """Whether the two prompts get these logits in one batch, too, padded so."""
    try:
        cache, ids, mask = read_prompts(model, _check_prompts(model), padding, pad_id)
        together = _generated_logits(model, ids, mask, cache)
    except torch.OutOfMemoryError:
        raise
    except Exception:  # the library's ways to say that a model has no such cache or positions are many
        return False
    return _close(model, together, alone)


def _agrees_with_itself(model: Any) -> bool:
    """Whether a prompt gets the same logits, those after its first new token too, where it is in a batch twice."""
    ids = torch.tensor([_check_prompts(model)[0]] * 2, device=model.device)
    twice, alone = (_generated_logits(model, rows, torch.ones_like(rows), None, 2) for rows in (ids, ids[:1]))
    return _close(model, twice, alone)


def _close(model: Any, found: torch.Tensor, expected: torch.Tensor) -> bool:
    rounding = _ROUNDING.get(model.dtype, _ROUNDING_IN_HALF)
    return bool(((found - expected).abs().amax() <= rounding * expected.std()).item())


def _check_prompts(model: Any) -> list[list[int]]:
    """Two prompts of ordinary tokens: none that stands for an image, say."""
    special: set[int] = set()
    for name, value in model.config.to_dict().items():
        if name.endswith("token_id") and value is not None:
            special.update(value if isinstance(value, list) else [value])
    vocabulary = min(model.config.get_text_config(decoder=True).vocab_size, 4096)
    ordinary = [token for token in range(vocabulary) if token not in special] or [0]
    first, second = (
        [ordinary[(step * at + 7) % len(ordinary)] for at in range(length)]
        for length, step in zip(_CHECKED, (17, 29), strict=True)
    )
    return [first, first[:_SHARED] + second[_SHARED:]]


@contextmanager
def _one_thread() -> Iterator[None]:
    """Products as small as these do not scale over threads, which only wait for one another."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


class _Forced(LogitsProcessor):  # type: ignore[misc]
    """Makes generation take one token whatever the logits are, which are returned as they were."""

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        return torch.full_like(scores, -torch.inf).index_fill(-1, input_ids.new_tensor([3]), 0.0)


def _forced_logits(model: Any, prompt: Sequence[int]) -> torch.Tensor:
    ids = torch.tensor([list(prompt)], device=model.device)
    return _generated_logits(model, ids, torch.ones_like(ids), None)


def _generated_logits(
    model: Any, ids: torch.Tensor, mask: torch.Tensor, cache: Any, new_tokens: int = 1
) -> torch.Tensor:
    """The logits of the next tokens, whatever these are; shape (rows, `new_tokens`, vocabulary)."""
    with torch.inference_mode():
        generated = model.generate(
            input_ids=ids,
            attention_mask=mask,
            **({} if cache is None else {"past_key_values": cache}),
            max_new_tokens=new_tokens,
            do_sample=False,
            logits_processor=[_Forced()],
            output_logits=True,
            return_dict_in_generate=True,
            pad_token_id=0,
        )
    return torch.stack(generated.logits, dim=1).float()


def _module_state(model: Any) -> dict[str, Any]:
    """The tensors that modules keep beside their weights; it changes where a batch leaves something in a module."""
    return {
        f"{name}.{attribute}": id(value)
        for name, module in model.named_modules()
        for attribute, value in vars(module).items()
        if isinstance(value, torch.Tensor)
    }
