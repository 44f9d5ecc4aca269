"""Model folders on disk: are they complete, and what is their fingerprint."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
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


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a model folder, in order of name; raises UserError when one is missing."""
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return [_existing(folder / "model.safetensors")]
    shards = sorted(set(_read_json(index)["weight_map"].values()))
    return [_existing(folder / shard) for shard in shards]


def require_model_folder(folder: Path) -> None:
    """Raise UserError unless the folder has a configuration, weights and a tokenizer, none of them torn."""
    _existing(folder / "config.json")
    weight_files(folder)
    if not (folder / "tokenizer.model").exists():
        _existing(folder / "tokenizer.json")
    _existing(folder / "tokenizer_config.json")
    manifest = folder / MANIFEST
    if manifest.exists():
        for name, size in _read_json(manifest)["files"].items():
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
    """The hash of everything in the folder that decides what the model answers. Reads every byte once."""
    files = [*weight_files(folder), *(folder / name for name in _IDENTITY if (folder / name).exists())]
    return content_key("model", [(file.name, _digest(file, file.stat().st_mtime_ns)) for file in files])


def architecture(folder: str) -> str:
    """What the folder's configuration says that it holds."""
    config = _read_json(Path(folder) / "config.json")
    return ", ".join(config.get("architectures") or [config.get("model_type") or "of an unnamed architecture"])


@cache
def _digest(file: Path, _modified: int) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _read_json(file: Path) -> dict[str, Any]:
    try:
        config: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{file} is not valid JSON; copy the model folder again") from error
    return config


def _existing(file: Path) -> Path:
    if not file.exists():
        raise UserError(f"the model folder {file.parent} has no {file.name}; copy the whole folder again")
    return file
