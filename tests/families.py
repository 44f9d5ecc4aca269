"""Miniature model folders of every architecture family, random and spread out, with a tokenizer of characters.

`FAMILIES` maps a family's name to the configuration it is built from: a model type, and what its default is changed to.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SPECIAL = ("<end>", "<other-end>", "<user>", "<assistant>")
"""The first tokens; after them comes one for each byte."""

END, OTHER_END = 0, 1

TEMPLATE = (
    "{% for m in messages %}{{ '<user>' + m['content'] }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}"
)

_SIZES: dict[str, Any] = {
    "vocab_size": len(SPECIAL) + 256,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 256,
    "tie_word_embeddings": False,
    "bos_token_id": END,
    "eos_token_id": [END, OTHER_END],
    "pad_token_id": END,
}
_DERIVED = ("falcon", "qwen2", "qwen2_moe", "qwen2_vl")
"""Model types whose size of a head follows from the others."""

_EXPERTS = {
    "num_experts": 4,
    "num_local_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 24,
    "shared_expert_intermediate_size": 24,
}
_MIXED = {"num_hidden_layers": 4, "layer_types": ["sliding_attention", "full_attention"] * 2, "sliding_window": 16}
_LINEAR = {
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "linear_conv_kernel_dim": 4,
}
_STATE = {"state_size": 8, "conv_kernel": 4, "expand": 2, "head_dim": 8, "num_heads": 8, "n_groups": 1, "chunk_size": 8}
_MAMBA = {
    "mamba_n_heads": 8,
    "mamba_d_head": 8,
    "mamba_d_state": 8,
    "mamba_n_groups": 1,
    "mamba_chunk_size": 8,
    "mamba_d_ssm": 64,
    "mamba_dt_rank": 4,
}
_VISION = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
_MROPE = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 10000.0}


@dataclass(frozen=True)
class Family:
    """A model type and the settings that differ from `_SIZES`; `text` are those of a multimodal model's text part."""

    model_type: str
    settings: dict[str, Any] = field(default_factory=dict)
    text: dict[str, Any] | None = None


FAMILIES: dict[str, Family] = {
    "llama": Family("llama"),
    "llama_tied": Family("llama", {"tie_word_embeddings": True}),
    "qwen2": Family("qwen2"),
    "qwen2_window": Family(
        "qwen2", {"use_sliding_window": True, "sliding_window": 16, "max_window_layers": 1, "num_hidden_layers": 3}
    ),
    "qwen3": Family("qwen3", {"tie_word_embeddings": True}),
    "gpt2": Family("gpt2", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}),
    "gpt_neo": Family(
        "gpt_neo", {"num_layers": 2, "num_heads": 4, "attention_types": [[["global", "local"], 1]], "window_size": 16}
    ),
    "gpt_neox": Family("gpt_neox"),
    "gptj": Family("gptj", {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256, "rotary_dim": 8}),
    "opt": Family("opt", {"ffn_dim": 48, "word_embed_proj_dim": 32}),
    "bloom": Family("bloom", {"n_layer": 2, "n_head": 4}),
    "mpt": Family("mpt", {"d_model": 32, "n_layers": 2, "n_heads": 4, "expansion_ratio": 2, "max_seq_len": 256}),
    "falcon": Family("falcon"),
    "falcon_alibi": Family("falcon", {"alibi": True, "new_decoder_architecture": False}),
    "phi": Family("phi"),
    "phi3": Family("phi3"),
    "phi3_window": Family("phi3", {"sliding_window": 16}),
    "phi3_longrope": Family(
        "phi3",
        {
            "rope_parameters": {
                "rope_type": "longrope",
                "rope_theta": 10000.0,
                "short_factor": [1.0] * 4,
                "long_factor": [1.0, 2.0, 4.0, 8.0],
            },
            "original_max_position_embeddings": 32,
        },
    ),
    "gemma": Family("gemma", {"tie_word_embeddings": True}),
    "gemma2": Family("gemma2", _MIXED),
    "gemma3_text": Family("gemma3_text", _MIXED),
    "cohere": Family("cohere", {"tie_word_embeddings": True}),
    "cohere2": Family("cohere2", _MIXED),
    "olmo2": Family("olmo2"),
    "starcoder2_window": Family("starcoder2", {"sliding_window": 16}),
    "mistral": Family("mistral", {"sliding_window": None}),
    "mistral_window": Family("mistral", {"sliding_window": 16}),
    "mixtral": Family("mixtral", {**_EXPERTS, "sliding_window": None}),
    "qwen2_moe": Family("qwen2_moe", {**_EXPERTS, "decoder_sparse_step": 1}),
    "qwen3_moe": Family("qwen3_moe", _EXPERTS),
    "gpt_oss": Family("gpt_oss", {**_EXPERTS, **_MIXED}),
    "deepseek_v3": Family(
        "deepseek_v3",
        {
            **_EXPERTS,
            "num_key_value_heads": 4,
            "n_routed_experts": 4,
            "n_group": 1,
            "topk_group": 1,
            "kv_lora_rank": 16,
            "q_lora_rank": 16,
            "qk_rope_head_dim": 8,
            "qk_nope_head_dim": 8,
            "v_head_dim": 8,
            "first_k_dense_replace": 1,
        },
    ),
    "mamba": Family("mamba", {"state_size": 8, "time_step_rank": 4}),
    "mamba2": Family("mamba2", _STATE),
    "falcon_mamba": Family("falcon_mamba", {"state_size": 8, "time_step_rank": 4}),
    "rwkv": Family("rwkv", {"attention_hidden_size": 32, "context_length": 256}),
    "recurrent_gemma": Family(
        "recurrent_gemma", {"num_hidden_layers": 3, "lru_width": 32, "attention_window_size": 16}
    ),
    "jamba": Family(
        "jamba",
        {
            **_EXPERTS,
            **_MAMBA,
            "num_hidden_layers": 4,
            "attn_layer_period": 2,
            "attn_layer_offset": 1,
            "use_mamba_kernels": False,
        },
    ),
    "bamba": Family("bamba", {**_MAMBA, "num_hidden_layers": 4, "attn_layer_indices": [1, 3]}),
    "falcon_h1": Family("falcon_h1", _MAMBA),
    "zamba2": Family(
        "zamba2",
        {
            **_MAMBA,
            "num_hidden_layers": 4,
            "layers_block_type": ["mamba", "hybrid", "mamba", "hybrid"],
            "n_mamba_heads": 8,
            "mamba_headdim": 8,
            "mamba_ngroups": 1,
            "chunk_size": 8,
            "num_key_value_heads": 4,
            "num_mem_blocks": 1,
        },
    ),
    "granitemoehybrid": Family(
        "granitemoehybrid",
        {**_EXPERTS, **_MAMBA, "layer_types": ["mamba", "attention"], "shared_intermediate_size": 24},
    ),
    "qwen3_next": Family(
        "qwen3_next",
        {**_EXPERTS, **_LINEAR, "layer_types": ["linear_attention", "full_attention"] * 2, "num_hidden_layers": 4},
    ),
    "lfm2": Family("lfm2", {"layer_types": ["conv", "full_attention"] * 2, "num_hidden_layers": 4, "block_ff_dim": 48}),
    "gemma3": Family("gemma3", {"vision_config": {**_VISION, "image_size": 28, "patch_size": 14}}, text=_MIXED),
    "qwen2_vl": Family(
        "qwen2_vl",
        {"vision_config": {"embed_dim": 16, "hidden_size": 32, "depth": 1, "num_heads": 2}},
        text={"rope_parameters": _MROPE},
    ),
    "qwen3_vl": Family(
        "qwen3_vl",
        {
            "vision_config": {
                "hidden_size": 16,
                "intermediate_size": 16,
                "depth": 1,
                "num_heads": 2,
                "out_hidden_size": 32,
                "deepstack_visual_indexes": [0],
            }
        },
        text={"rope_parameters": _MROPE},
    ),
}


def build_family(folder: Path, name: str) -> Path:
    """Write the miniature of a family: its weights are drawn with a fixed seed, wide enough that rounding decides no
    token."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

    family = FAMILIES[name]
    sizes = {key: value for key, value in _SIZES.items() if key != "head_dim" or family.model_type not in _DERIVED}
    torch.manual_seed(0)
    if family.text is None:
        config = AutoConfig.for_model(family.model_type, **sizes | family.settings)
        model = AutoModelForCausalLM.from_config(config)
    else:
        ends = {"eos_token_id": [END, OTHER_END], "tie_word_embeddings": False}
        config = AutoConfig.for_model(family.model_type, text_config=sizes | family.text, **ends | family.settings)
        model = AutoModelForImageTextToText.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 1.4 / parameter.shape[-1] ** 0.5)
    model.save_pretrained(folder)
    write_tokenizer(folder)
    return folder


def write_tokenizer(folder: Path, template: str | None = TEMPLATE) -> None:
    """A tokenizer of characters (bytes, to be exact), with this chat template."""
    from tokenizers import Tokenizer
    from tokenizers.decoders import ByteLevel as ToText
    from tokenizers.models import BPE
    from tokenizers.pre_tokenizers import ByteLevel
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: n for n, token in enumerate([*SPECIAL, *sorted(ByteLevel.alphabet())])}
    tokenizer = Tokenizer(BPE(vocabulary, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ToText()
    tokenizer.add_special_tokens(list(SPECIAL))
    whole = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>", pad_token="<end>")
    whole.chat_template = template
    whole.save_pretrained(folder)
