"""A pair is one row of the model, where that gives the same numbers."""

from pathlib import Path

import pytest
import torch
import trl.trainer.utils
from transformers import AutoTokenizer, MistralConfig, MistralForCausalLM

from tests.tpo.trainer.jobs import PAIRS, reference, token_log_probs, written
from tpobench.tpo.trainer.train import trainer_for


def test_a_prompt_goes_through_the_model_once_and_only_outputs_are_scored(tiny_model: Path, tmp_path: Path) -> None:
    trainer = trainer_for(written(tiny_model, tmp_path / "c"))
    (batch,) = trainer.get_train_dataloader()
    seen: dict[str, int] = {}
    model = trainer.model
    model.model.register_forward_hook(lambda _, __, out: seen.update(tokens=out.last_hidden_state[..., 0].numel()))
    apply = trl.trainer.utils._ChunkedLogProbFunction.apply
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            trl.trainer.utils._ChunkedLogProbFunction, "apply", lambda h, *a: seen.update(scored=len(h)) or apply(h, *a)
        )
        trainer.compute_loss(model, batch)
    # 3 + 6 + 1 + 2 and 4 + 3 + 1 + 6 tokens are rows of 14; trl's own are four rows of 10
    assert seen == {"tokens": 2 * 14, "scored": 6 + 2 + 3 + 6}


def test_a_model_with_sliding_windows_runs_pairs_as_two_rows(tiny_model: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    config = MistralConfig(**sizes, num_key_value_heads=1, vocab_size=49152, sliding_window=3, initializer_range=0.5)
    MistralForCausalLM(config).save_pretrained(tmp_path / "m")
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(tmp_path / "m")
    trainer = trainer_for(written(tmp_path / "m", tmp_path / "c"))
    assert trainer._shares_prompts is False
    with torch.no_grad():
        wanted = token_log_probs(reference(tmp_path / "m"), PAIRS[0]["prompt_ids"], PAIRS[0]["chosen_ids"]).sum()
    found = next(row for row in trainer.train_dataset if row["chosen_ids"] == PAIRS[0]["chosen_ids"])
    assert found["ref_chosen_logps"] == pytest.approx(float(wanted), abs=1e-3)
