"""Model folders on disk: are they complete, and what is their fingerprint."""

import hashlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.models.parts import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    adapter_settings,
    has_tokenizer,
    is_adapter,
    model_parts,
)
from tpobench.harness.records import content_key

MANIFEST = "tpobench.json"
"""Written last into every checkpoint folder that tpobench makes: its files and their sizes in bytes."""

_IDENTITY = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "chat_template.jinja",
)
"""Beside the weights, the files that decide what a model answers. Others (training notes, cards) do not."""

_ADAPTER_NOTES = ("base_model_name_or_path", "revision", "inference_mode", "auto_mapping", "peft_version")
"""Of an adapter's configuration, what does not decide what the merged model answers."""

_TOKENIZER_IDENTITY = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "chat_template.jinja")


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model folder, in order of name; of a LoRA folder those of its base, then its own.
    Raises UserError when one is missing."""
    if is_adapter(folder):
        return [*weight_files(model_parts(folder).weights), _adapter_weights(folder)]
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        single = folder / "model.safetensors"
        if not single.exists():
            raise UserError(without_weights(folder))
        return [single]
    try:
        shards = sorted(set(read_json(index)["weight_map"].values()))
    except (KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{index} does not say which files hold the weights; copy the model folder again") from error
    for shard in shards:
        if not (folder / shard).exists():
            raise UserError(
                f"the model folder {folder} has no {shard}, one of its {len(shards)} files of weights: it is being "
                "written still, or was copied in part; copy the rest"
            )
    return [folder / shard for shard in shards]


def require_model_folder(folder: Path) -> None:
    """Raise UserError unless the folder has a configuration, weights and a tokenizer, none of them torn. Of a LoRA
    folder, its base is held to the same."""
    if is_adapter(folder):
        _adapter_weights(folder)
        require_model_folder(model_parts(folder).weights)
        return
    if not (folder / "config.json").exists():
        raise UserError(without_configuration(folder))
    if (folder / ADAPTER_CONFIG).exists():
        raise UserError(
            f"{folder} holds both whole weights and a LoRA adapter, so it is unclear which model it is; move "
            f"{ADAPTER_CONFIG} and {ADAPTER_WEIGHTS} into a folder of their own"
        )
    weight_files(folder)
    parts = model_parts(folder)
    if not has_tokenizer(parts.tokenizer):
        raise UserError(
            f"the model folder {folder} has no tokenizer.json; copy tokenizer.json and tokenizer_config.json from the "
            "model that it was trained from, or give that with --base DIR"
        )
    _existing(parts.tokenizer / "tokenizer_config.json")
    manifest = folder / MANIFEST
    if manifest.exists():
        for name, size in read_json(manifest)["files"].items():
            if _existing(folder / name).stat().st_size != size:
                raise UserError(f"{folder / name} is not the {size:,} bytes that {MANIFEST} says; copy it again")


def is_complete(folder: Path) -> bool:
    """Whether tpobench finished writing this folder and nothing has gone missing since."""
    if not (folder / MANIFEST).exists():
        return False
    try:
        require_model_folder(folder)
    except UserError:
        return False
    return True


def seal(folder: Path) -> None:
    """Write the manifest: from now on the folder counts as complete."""
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and file.name != MANIFEST]
    sizes = {file.name: file.stat().st_size for file in files}
    (folder / MANIFEST).write_text(json.dumps({"files": sizes}, indent=2), encoding="utf-8")


def fingerprint(folder: Path) -> str:
    """The hash of everything that decides what the model answers: of a LoRA folder that is its base, too. Reads every
    byte once."""
    parts = model_parts(folder)
    if parts.adapter is not None:
        settings = {name: value for name, value in adapter_settings(folder).items() if name not in _ADAPTER_NOTES}
        own = [_adapter_weights(folder), *_existing_files(folder, _IDENTITY)]
        return content_key("adapter", fingerprint(parts.weights), settings, _digests(own))
    files = [*weight_files(folder), *_existing_files(folder, _IDENTITY)]
    if parts.tokenizer != folder:
        files += _existing_files(parts.tokenizer, _TOKENIZER_IDENTITY)
    return content_key("model", _digests(files))


def architecture(folder: str) -> str:
    """What the folder's configuration says that it holds."""
    config = read_json(model_parts(Path(folder)).weights / "config.json")
    return ", ".join(config.get("architectures") or [config.get("model_type") or "of an unnamed architecture"])


def without_weights(folder: Path) -> str:
    """Why a folder with a configuration has no weights that are read here, and what to do."""
    others = [file.name for pattern in ("*.bin", "*.pt", "*.pth") for file in sorted(folder.glob(pattern))]
    pickled = [name for name in others if name.startswith(("pytorch_model", "consolidated", "model"))]
    if pickled:
        return (
            f"the weights in {folder} are {pickled[0]}, a format that can run code when it is read; save them as "
            "safetensors with save_pretrained, and name that folder"
        )
    if ggufs := sorted(folder.glob("*.gguf")):
        return (
            f"the weights in {folder} are {ggufs[0].name}, and GGUF files are not read here; serve it (llama-server) "
            "and name NAME@http://HOST:PORT/v1, or name the folder of its safetensors"
        )
    if consolidated := sorted(folder.glob("*.safetensors")):
        return (
            f"the model folder {folder} has no model.safetensors and no model.safetensors.index.json beside "
            f"{consolidated[0].name}; save it with save_pretrained"
        )
    return f"the model folder {folder} has no model.safetensors; copy the weights, too"


def without_configuration(folder: Path) -> str:
    """What a folder without config.json is, and what to name instead."""
    steps = sorted(folder.glob("checkpoint-*"), key=lambda step: (len(step.name), step.name))
    if steps:
        return f"{folder} holds checkpoints and no model of its own; name one of them, such as {steps[-1]}"
    if list(folder.glob("*.gguf")):
        return without_weights(folder)
    if not folder.is_dir():
        return f"there is no model folder {folder}"
    return f"the model folder {folder} has no config.json: it is not the folder of a model, or was copied in part"


def _adapter_weights(folder: Path) -> Path:
    file = folder / ADAPTER_WEIGHTS
    if not file.exists():
        others = ", a format that can run code when it is read" if (folder / "adapter_model.bin").exists() else ""
        was = f"has adapter_model.bin{others}" if others else f"has no {ADAPTER_WEIGHTS}"
        raise UserError(f"the LoRA folder {folder} {was}; save the adapter as safetensors with peft's save_pretrained")
    return file


def _existing_files(folder: Path, names: Sequence[str]) -> list[Path]:
    return [folder / name for name in names if (folder / name).exists()]


def _digests(files: Sequence[Path]) -> list[tuple[str, str]]:
    return [(file.name, _digest(file, file.stat().st_mtime_ns)) for file in files]


@cache
def _digest(file: Path, _modified: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def read_json(file: Path) -> dict[str, Any]:
    """A JSON file of a model folder; raises UserError where it is not one."""
    try:
        config = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}); copy the model folder again") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{file} is not valid JSON; copy the model folder again") from error
    if not isinstance(config, dict):
        raise UserError(f"{file} is not a JSON object; copy the model folder again")
    return config


def _existing(file: Path) -> Path:
    if not file.exists():
        raise UserError(f"the model folder {file.parent} has no {file.name}; copy the whole folder again")
    return file
