"""What an epoch leaves: a whole model, and the state to go on from."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoTokenizer

from tests.tpo.trainer.jobs import LORA, PAIRS, reference, token_log_probs, written
from tpobench.harness.models.checkpoints import fingerprint, is_complete
from tpobench.tpo.trainer.epochs import epoch_folder
from tpobench.tpo.trainer.progress import Watch
from tpobench.tpo.trainer.train import train


def test_lora_checkpoints_are_whole_models_with_the_adapter_beside(tiny_model: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    job = written(tiny_model, tmp_path / "c", lora=LORA, epochs=2, precision="bf16")
    train(job)
    folder = epoch_folder(job, 2)
    assert is_complete(folder)
    merged, start = load_file(folder / "model.safetensors"), load_file(tiny_model / "model.safetensors")
    assert merged.keys() == start.keys()
    assert {str(tensor.dtype) for tensor in merged.values()} == {"torch.float32"}
    adapted = PeftModel.from_pretrained(reference(tiny_model), str(folder / "adapter")).eval()
    pair = PAIRS[0]
    with torch.no_grad():
        found, wanted, before = (
            token_log_probs(model, pair["prompt_ids"], pair["chosen_ids"])
            for model in (reference(folder), adapted, reference(tiny_model))
        )
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    assert float((found - before).abs().max()) > 1e-4


def test_a_run_with_dropout_goes_on_with_the_same_random_numbers(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora = LORA | {"dropout": 0.5}
    whole, broken = (written(tiny_model, tmp_path / name, PAIRS * 2, lora=lora, epochs=3) for name in "ab")
    train(whole)
    began = Watch.on_epoch_begin

    def stop_in_the_third(self: Watch, args: Any, state: Any, *rest: Any, **more: Any) -> None:
        began(self)
        if state.epoch and round(state.epoch) == 2:
            raise InterruptedError

    monkeypatch.setattr(Watch, "on_epoch_begin", stop_in_the_third)
    with pytest.raises(InterruptedError):
        train(broken)
    monkeypatch.setattr(Watch, "on_epoch_begin", began)
    assert [state.name for state in (tmp_path / "b" / "state").glob("epoch-*")] == ["epoch-2"]
    train(broken)
    assert fingerprint(epoch_folder(whole, 3)) == fingerprint(epoch_folder(broken, 3))


def test_supervised_learning_leaves_its_last_epoch(tiny_model: Path, tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": "Say hi."}], "completion": "hi there"}] * 4
    first, second = (written(tiny_model, tmp_path / name, rows, method="sft", epochs=2) for name in "ab")
    for made in (first, second):
        train(made)
    folder = epoch_folder(first, 2)
    assert fingerprint(folder) == fingerprint(epoch_folder(second, 2)) != fingerprint(tiny_model)
    assert not epoch_folder(first, 1).exists()
    metrics = json.loads((folder / "training.json").read_text())["metrics"]
    assert set(metrics) == {"loss", "samples_per_second", "tokens"}


def test_a_tokenizer_without_padding_keeps_its_files(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.pad_token = None
    reference(tiny_model).save_pretrained(tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    job = written(tmp_path / "m", tmp_path / "c")
    train(job)
    assert AutoTokenizer.from_pretrained(epoch_folder(job, 1)).pad_token is None
