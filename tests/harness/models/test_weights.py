"""What cannot be loaded is one sentence, and code that comes with a model is never run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.families import build_family
from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import require_model_folder
from tpobench.harness.models.weights import load_language_model


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_family(tmp_path_factory.mktemp("models") / "whole", "llama")


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "model"))


def configured(**changes: Any) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        file = folder / "config.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return change


def cut(folder: Path) -> None:
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:-9])


def zeroed(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(bytes(4096))


def own_code(folder: Path) -> None:
    configured(model_type="own", auto_map={"AutoConfig": "own.Own", "AutoModelForCausalLM": "own.Model"})(folder)
    (folder / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\n")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (cut, "cannot be loaded as a causal language model"),
        (zeroed, "cannot be loaded as a causal language model"),
        (configured(hidden_size=64), "cannot be loaded as a causal language model"),
        (configured(num_hidden_layers=3), "weights are missing for model.layers.2"),
        (configured(num_attention_heads="four"), "cannot be loaded as a causal language model"),
        (own_code, r"it needs code of its own \(own.py\), and a model's code is never run here"),
    ],
)
def test_weights_that_cannot_be_loaded_are_one_sentence(
    folder: Path, spoil: Callable[[Path], None], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("asked on the standard input"))
    spoil(folder)
    with pytest.raises(UserError, match=sentence) as caught:
        load_language_model(str(folder), torch.float32)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not (folder / "ran").exists()


def pickled(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def gguf(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-Q4.gguf")


def unwritten_shard(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def torn_index(folder: Path) -> None:
    (folder / "model.safetensors.index.json").write_text("[]")


def checkpoints_alone(folder: Path) -> None:
    for step in (8, 16, 100):
        (folder / f"checkpoint-{step}").mkdir()
    (folder / "config.json").unlink()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (pickled, r"are pytorch_model.bin, a format that can run code when it is read; save them as safetensors"),
        (gguf, "GGUF files are not read here; serve it"),
        (unwritten_shard, "it is being written still, or was copied in part"),
        (torn_index, "is not a JSON object"),
        (checkpoints_alone, "holds checkpoints and no model of its own; name one of them, such as .*checkpoint-100"),
        (lambda folder: (folder / "config.json").unlink(), "has no config.json: it is not the folder of a model"),
        (lambda folder: (folder / "model.safetensors").unlink(), "has no model.safetensors; copy the weights, too"),
        (
            lambda folder: (folder / "tokenizer.json").unlink(),
            "has no tokenizer.json; copy .* or give that with --base",
        ),
    ],
)
def test_a_folder_that_is_no_whole_model_is_one_sentence(
    folder: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    spoil(folder)
    with pytest.raises(UserError, match=sentence):
        require_model_folder(folder)
