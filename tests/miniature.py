"""Models of two thin layers with the embedded model's tokenizer: real in everything but size."""

from pathlib import Path
from typing import Any

from tpobench.harness.models.checkpoints import seal


def build(folder: Path, tokenizer_folder: Path) -> Path:
    """Randomly initialised with a fixed seed. All embeddings lean one way, that of the end token most, so that it ends
    about one output in eight at every token."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(tokenizer_folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=2,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        embeddings = model.get_input_embeddings().weight
        embeddings += 0.5 / 32**0.5
        embeddings[config.eos_token_id] += 1.6 / 32**0.5
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    seal(folder)
    return folder


def build_reward_model(folder: Path, seed_folder: Path, template: str | None = None, **settings: Any) -> Path:
    """A sequence classifier with one output over the embedded model's tokenizer. Its scores are arbitrary, and far
    from one another."""
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForSequenceClassification

    tokenizer = AutoTokenizer.from_pretrained(seed_folder)
    tokenizer.chat_template = template or tokenizer.chat_template
    torch.manual_seed(1)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        bos_token_id=1,
        eos_token_id=2,
        **{"num_labels": 1, "pad_token_id": 2, "max_position_embeddings": 512} | settings,
    )
    model = LlamaForSequenceClassification(config)
    with torch.no_grad():
        model.score.weight *= 50
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
