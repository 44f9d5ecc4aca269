"""What cannot be trained is refused with a sentence."""

from pathlib import Path

import pytest
from transformers import AutoTokenizer, BertConfig, BertModel, T5Config, T5ForConditionalGeneration

from tests.tpo.trainer.jobs import LORA, written
from tpobench.harness.errors import UserError
from tpobench.tpo.trainer.train import trainer_for


def test_models_that_cannot_be_trained_are_refused_with_a_sentence(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    t5 = T5ForConditionalGeneration(T5Config(vocab_size=99, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=1))
    for name, model in (("encoder", BertModel(BertConfig(**sizes, vocab_size=99))), ("t5", t5)):
        model.save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
        with pytest.raises(UserError, match="causal language model"):
            trainer_for(written(tmp_path / name, tmp_path / "c"))
    with pytest.raises(UserError, match=r"lora.target_modules does not fit .*\bnone_such\b"):
        trainer_for(written(tiny_model, tmp_path / "c", lora=LORA | {"target_modules": ["none_such"]}))


def test_a_launcher_that_starts_fewer_processes_than_asked_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    config = tmp_path / "two.yaml"
    config.write_text("distributed_type: MULTI_CPU\nuse_cpu: true\nnum_processes: 2\n")
    with pytest.raises(UserError, match="asks for 2 processes and accelerate started 1"):
        trainer_for(written(tiny_model, tmp_path / "c", launch=str(config)))
