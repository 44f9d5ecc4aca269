"""Complete or not, and the same or not."""

import shutil
from pathlib import Path

import pytest

from harness.checkpoints import fingerprint, is_complete, require_model_folder
from harness.errors import UserError


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def test_a_copy_is_the_same_model_and_notes_do_not_change_it(tiny_model: Path, folder: Path) -> None:
    (folder / "README.md").write_text("notes")
    assert is_complete(folder)
    assert fingerprint(folder) == fingerprint(tiny_model)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert not is_complete(folder)
    with pytest.raises(UserError, match=f"has no {name}"):
        require_model_folder(folder)


def test_a_torn_file_is_noticed(folder: Path) -> None:
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    assert not is_complete(folder)


def test_one_changed_byte_is_another_model(tiny_model: Path, folder: Path) -> None:
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    assert fingerprint(folder) != fingerprint(tiny_model)
