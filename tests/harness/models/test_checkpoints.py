"""Complete or not, and the same or not."""

import json
import os
import shutil
from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import (
    MANIFEST,
    fingerprint,
    is_complete,
    require_model_folder,
    seal,
    weight_files,
)


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


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    """A model folder in two shards; nothing here reads the weights, so any bytes will do."""
    folder = tmp_path / "sharded"
    folder.mkdir()
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "a.safetensors", "b.safetensors"):
        (folder / name).write_bytes(f"bytes of {name}".encode())
    index = {"weight_map": {"x": "b.safetensors", "y": "a.safetensors", "z": "b.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    seal(folder)
    return folder


def test_the_weights_are_all_the_shards_of_the_index_and_each_is_needed(sharded: Path) -> None:
    assert [file.name for file in weight_files(sharded)] == ["a.safetensors", "b.safetensors"]
    (sharded / "b.safetensors").unlink()
    with pytest.raises(UserError, match=r"sharded has no b\.safetensors"):
        weight_files(sharded)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "tokenizer_config.json", "a.safetensors"])
@pytest.mark.parametrize("extra", [-1, 1])
def test_a_file_of_another_size_is_named_with_the_size_it_should_have(sharded: Path, name: str, extra: int) -> None:
    whole = (sharded / name).read_bytes()
    (sharded / name).write_bytes(whole[:-1] if extra < 0 else whole + b"!")
    with pytest.raises(UserError, match=f"{name} is not the {len(whole)} bytes"):
        require_model_folder(sharded)
    assert not is_complete(sharded)


def test_a_folder_from_elsewhere_is_usable_but_not_one_that_tpobench_finished(sharded: Path) -> None:
    (sharded / MANIFEST).unlink()
    require_model_folder(sharded)
    assert not is_complete(sharded)


def test_every_listed_file_must_still_be_there(sharded: Path) -> None:
    (sharded / "generation_config.json").write_text("{}")
    (sharded / MANIFEST).unlink()
    seal(sharded)
    (sharded / "generation_config.json").unlink()
    with pytest.raises(UserError, match=r"has no generation_config\.json"):
        require_model_folder(sharded)


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "a.safetensors", "b.safetensors"])
def test_one_byte_of_any_file_that_decides_the_answer_makes_another_model(
    sharded: Path, tmp_path: Path, name: str
) -> None:
    copy = Path(shutil.copytree(sharded, tmp_path / "renamed copy"))
    assert fingerprint(copy) == fingerprint(sharded)
    data = bytearray((copy / name).read_bytes())
    data[0] ^= 1
    (copy / name).write_bytes(data)
    os.utime(copy / name, ns=(1, 1))
    assert fingerprint(copy) != fingerprint(sharded)


def test_shards_that_swap_their_contents_are_another_model(sharded: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sharded, tmp_path / "swapped"))
    shutil.copy(sharded / "a.safetensors", copy / "b.safetensors")
    shutil.copy(sharded / "b.safetensors", copy / "a.safetensors")
    assert fingerprint(copy) != fingerprint(sharded)


def test_a_chat_template_file_is_part_of_the_model(sharded: Path) -> None:
    before = fingerprint(sharded)
    (sharded / "chat_template.jinja").write_text("{{ messages }}")
    assert fingerprint(sharded) != before


def test_a_chat_template_inside_the_tokenizer_configuration_is_part_of_the_model(sharded: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(sharded, tmp_path / "other template"))
    (copy / "tokenizer_config.json").write_text('{"chat_template": "{{ messages }}"}')
    assert fingerprint(copy) != fingerprint(sharded)


def test_sealing_twice_leaves_a_complete_folder(sharded: Path) -> None:
    seal(sharded)
    assert is_complete(sharded)


def test_a_torn_manifest_means_that_the_folder_is_not_complete(sharded: Path) -> None:
    (sharded / MANIFEST).write_text((sharded / MANIFEST).read_text()[:9])
    assert not is_complete(sharded)
