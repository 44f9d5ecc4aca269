"""Reward models as networks: any sequence classifier with a single output, and how one is loaded or refused."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import torch
from transformers import AutoConfig, AutoModelForSequenceClassification

from tpobench.harness.errors import UserError
from tpobench.harness.judges.conversation import Conversation
from tpobench.harness.models.checkpoints import architecture

NetworkReading = tuple[float, Mapping[str, Any]]
"""A value and its components."""


class Network(Protocol):
    """A loaded reward model."""

    def read(self, rows: Sequence[Conversation]) -> list[NetworkReading]:
        """One reading for each conversation, whatever the others are (up to rounding)."""


class SingleOutput:
    """A sequence classifier with one output. Which token it is read from is the library's affair: the last one that is
    not the configured padding, for a decoder."""

    def __init__(self, folder: str, device: str) -> None:
        """Raises UserError for several outputs, and for a checkpoint without a trained score head."""
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        if config.num_labels != 1:
            hint = f"armorm:{folder}" if config.num_labels == 19 else "a sequence classifier with one output"
            raise UserError(
                f"{folder} ({architecture(folder)}) has {config.num_labels} outputs, and a reward model has one; "
                f"name {hint}"
            )
        self._model, loading = AutoModelForSequenceClassification.from_pretrained(
            folder, dtype=dtype_on(device), device_map=device, output_loading_info=True, trust_remote_code=False
        )
        require_whole(folder, loading)
        self._model.eval()
        self._model.config.use_cache = False
        self._config = self._model.config.get_text_config()
        self._pad = getattr(self._config, "pad_token_id", None)
        self._device = device

    def read(self, rows: Sequence[Conversation]) -> list[NetworkReading]:
        pad = self._pad
        if pad is None:  # a single row is then read from its last token: so are all with a padding that ends none
            ends = {row.ids[-1] for row in rows}
            pad = next(token for token in range(len(ends) + 1) if token not in ends)
        self._config.pad_token_id = pad
        logits = self._model(**padded(rows, pad, self._device)).logits
        return [(value, {}) for value in logits[:, 0].float().tolist()]


def padded(rows: Sequence[Conversation], pad: int, device: str) -> dict[str, torch.Tensor]:
    """Token ids and attention mask of shape (rows, tokens), padded on the right."""
    width = max(len(row.ids) for row in rows)
    ids = [[*row.ids, *[pad] * (width - len(row.ids))] for row in rows]
    mask = [[1] * len(row.ids) + [0] * (width - len(row.ids)) for row in rows]
    return {"input_ids": torch.tensor(ids, device=device), "attention_mask": torch.tensor(mask, device=device)}


def dtype_on(device: str) -> torch.dtype:
    return torch.bfloat16 if device == "cuda" else torch.float32


def require_whole(folder: str, loading: Mapping[str, Any]) -> None:
    """Raises UserError when weights are missing, which the library would draw at random."""
    if missing := sorted(loading["missing_keys"]):
        raise UserError(
            f"{folder} ({architecture(folder)}) is not a reward model: it has no weights for {', '.join(missing[:3])}; "
            "name a model that was trained to score"
        )
