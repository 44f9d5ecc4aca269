"""Shared fixtures: a miniature model with the embedded model's tokenizer, and a store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkpoints import seal
from harness.models import embedded_folder
from harness.store import Store


@pytest.fixture(scope="session")
def seed_folder() -> Path:
    """The embedded model itself, unpacked."""
    return embedded_folder()


@pytest.fixture(scope="session")
def tiny_model(seed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Llama of two thin layers, randomly initialised with a fixed seed; the tokenizer is the embedded model's.

    All embeddings lean one way, that of the end token most, so that it ends about one output in eight at every token.
    """
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = AutoTokenizer.from_pretrained(seed_folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=512, tie_word_embeddings=True,
        bos_token_id=1, eos_token_id=2, pad_token_id=2,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        embeddings = model.get_input_embeddings().weight
        embeddings += 0.5 / 32**0.5
        embeddings[config.eos_token_id] += 1.6 / 32**0.5
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    seal(folder)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.duckdb") as opened:
        yield opened
