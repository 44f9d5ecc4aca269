"""Loading the weights of a model folder as a language model: in one sentence where that cannot be done."""

from typing import Any

import torch

from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import architecture


def load_language_model(folder: str, dtype: torch.dtype) -> Any:
    """The whole model, on the CPU. Of a model that also sees or hears, the text part is used.

    Args:
        folder: A complete model folder.
        dtype: What the weights are converted to.

    Raises:
        UserError: The folder does not hold a language model, or not all of it.
    """
    try:
        model, report = _loaded(folder, dtype)
    except (ValueError, KeyError, OSError, RuntimeError, ImportError, AttributeError, TypeError) as error:
        raise UserError(
            f"{folder} ({architecture(folder)}) cannot be loaded as a causal language model: "
            f"{' '.join(str(error).split())[:300]}"
        ) from error
    if missing := sorted(report["missing_keys"]):  # they would be filled with random numbers
        raise UserError(
            f"{folder} ({architecture(folder)}) is not a complete causal language model: weights are missing for "
            f"{', '.join(missing[:3])}; name a model that was trained to generate text"
        )
    return model


def _loaded(folder: str, dtype: torch.dtype) -> tuple[Any, dict[str, Any]]:
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    reads_text_only = type(config) in AutoModelForCausalLM._model_mapping
    kind = AutoModelForCausalLM if reads_text_only else AutoModelForImageTextToText
    if type(config) not in kind._model_mapping:
        kind = AutoModelForCausalLM  # whose message says what it takes
    model, report = kind.from_pretrained(folder, dtype=dtype, output_loading_info=True, trust_remote_code=False)
    return model, report
