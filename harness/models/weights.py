"""Loading the weights of a model folder as a language model: in one sentence where that cannot be done.

Code that comes with a model is never run.
"""

from pathlib import Path
from typing import Any

import torch

from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import architecture
from tpobench.harness.models.parts import ADAPTER_WEIGHTS, ModelParts, model_parts


def load_language_model(folder: str, dtype: torch.dtype) -> Any:
    """The whole model, on the CPU. Of a model that also sees or hears, the text part is used; a LoRA folder is merged
    into its base.

    Args:
        folder: A complete model folder, or a LoRA folder whose base is here.
        dtype: What the weights are converted to.

    Raises:
        UserError: The folder does not hold a language model, or not all of it.
    """
    parts = model_parts(Path(folder))
    model = _whole_model(str(parts.weights), dtype)
    return model if parts.adapter is None else _merged(model, parts)


def reason_of(error: Exception, folder: str) -> str:
    """Why the library could not load something of this folder, as the middle of a sentence."""
    if "trust_remote_code" in str(error):
        code = ", ".join(file.name for file in sorted(Path(folder).glob("*.py"))[:3]) or "on the hub"
        return (
            f"it needs code of its own ({code}), and a model's code is never run here; serve it where you trust that "
            "code, and name NAME@http://HOST:PORT/v1"
        )
    return " ".join(str(error).split())[:300] or type(error).__name__


def _whole_model(folder: str, dtype: torch.dtype) -> Any:
    try:
        model, report = _loaded(folder, dtype)
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:  # a broken file raises whatever its reader raises
        raise UserError(
            f"{folder} ({architecture(folder)}) cannot be loaded as a causal language model: {reason_of(error, folder)}"
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
    kind = AutoModelForCausalLM  # its message says what it takes
    if type(config) not in AutoModelForCausalLM._model_mapping and type(config) in (
        AutoModelForImageTextToText._model_mapping
    ):
        kind = AutoModelForImageTextToText
    model, report = kind.from_pretrained(folder, dtype=dtype, output_loading_info=True, trust_remote_code=False)
    return model, report


def _merged(model: Any, parts: ModelParts) -> Any:
    """The base with the adapter in its weights. Raises UserError for an adapter that was made for another base."""
    from peft import PeftModel, get_peft_model_state_dict
    from safetensors import safe_open

    assert parts.adapter is not None
    try:
        with safe_open(parts.adapter / ADAPTER_WEIGHTS, "pt") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in file.keys()}  # noqa: SIM118
        rows = {shape[0] for name, shape in shapes.items() if name.endswith(("embed_tokens.weight", "lm_head.weight"))}
        if rows and max(rows) != model.get_input_embeddings().weight.shape[0]:
            model.resize_token_embeddings(max(rows))  # tokens were added before training
        adapted = PeftModel.from_pretrained(model, str(parts.adapter))
        strange = set(shapes) ^ set(get_peft_model_state_dict(adapted))
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:  # the library's ways to say that an adapter does not fit are many
        raise UserError(
            f"the LoRA folder {parts.adapter} cannot be merged into {parts.weights}: "
            f"{reason_of(error, str(parts.adapter))}"
        ) from error
    if strange:
        raise UserError(
            f"the LoRA folder {parts.adapter} does not fit its base {parts.weights}: "
            f"only one of the two has {min(strange)}; give --base DIR, the model that the LoRA was trained on"
        )
    return adapted.merge_and_unload()
