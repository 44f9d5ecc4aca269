"""Where the parts of a model lie: weights, tokenizer and, for a LoRA folder, the adapter that goes on top.

A folder with an ``adapter_config.json`` and no weights of its own is a LoRA adapter, as trl's ``checkpoint-STEP`` is
when it trains one: its base is merged with it when it is loaded.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.models.hub import hub_folder
from tpobench.harness.records import Model

BASE_VARIABLE = "TPOBENCH_BASE"
"""The environment variable that names the base of LoRA folders; the option ``--base`` sets it."""

ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"

_TOKENIZERS = ("tokenizer.json", "tokenizer.model")


@dataclass(frozen=True, kw_only=True)
class ModelParts:
    """Folders: `weights` has the configuration and the whole weights, `tokenizer` the tokenizer and chat template."""

    weights: Path
    tokenizer: Path
    adapter: Path | None = None


def is_adapter(folder: Path) -> bool:
    """Whether the folder is a LoRA adapter without whole weights."""
    return (folder / ADAPTER_CONFIG).is_file() and not any(folder.glob("model*.safetensors"))


def needs_base(folder: Path) -> bool:
    """Whether something of the model lies in the folder of its base."""
    return is_adapter(folder) or not has_tokenizer(folder)


def takes_base(name: str) -> bool:
    """Whether a named base may count for this model: a folder that lacks something, or a hub id, of which that is not
    known before it is here."""
    place = Path(name)
    return needs_base(place) if place.is_dir() else _is_hub_id(name) and not place.exists()


def has_tokenizer(folder: Path) -> bool:
    return any((folder / name).exists() for name in _TOKENIZERS)


def model_parts(folder: Path) -> ModelParts:
    """Where the parts of this model lie; nothing is read but its small JSON files.

    Raises:
        UserError: A base is needed and not found, or the adapter is of a kind that cannot be merged.
    """
    if not is_adapter(folder):
        if has_tokenizer(folder):
            return ModelParts(weights=folder, tokenizer=folder)
        return ModelParts(weights=folder, tokenizer=_tokenizer_elsewhere(folder))
    settings = adapter_settings(folder)
    base = _base_of(folder, settings)
    if is_adapter(base):
        raise UserError(f"the base of the LoRA folder {folder} is {base}, another LoRA folder; merge that one first")
    return ModelParts(weights=base, tokenizer=folder if has_tokenizer(folder) else base, adapter=folder)


def borrowed_tokenizer(model: Model) -> str:
    """Whose tokenizer a model takes that has none of its own, in one line; empty for one that has, and for servers."""
    folder = Path(model.folder)
    if not folder.is_dir() or has_tokenizer(folder):
        return ""
    tokenizer = model_parts(folder).tokenizer
    return "" if tokenizer == folder else f"{folder} has no tokenizer of its own; that of {tokenizer} is used"


def adapter_settings(folder: Path) -> dict[str, Any]:
    """The adapter's configuration; raises UserError for one that cannot be merged into a base."""
    file = folder / ADAPTER_CONFIG
    try:
        settings = json.loads(file.read_text(encoding="utf-8-sig"))
        kind = str(settings["peft_type"]).upper()
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} is not the configuration of an adapter; save the adapter again with peft") from error
    if kind != "LORA":
        raise UserError(
            f"{folder} is an adapter of the kind {kind}, and only LoRA adapters are merged here; merge it into its "
            "base and name the merged folder"
        )
    return dict(settings)


def given_base() -> str:
    """What the user named as the base, by ``--base`` or the variable; empty for nothing."""
    return os.environ.get(BASE_VARIABLE, "")


def _base_of(folder: Path, settings: dict[str, Any]) -> Path:
    told = str(settings.get("base_model_name_or_path") or "")
    if given := given_base():
        return _model_folder(given, f"the base {given} of the LoRA folder {folder}")
    for place in (Path(told).expanduser(), folder / told, folder.parent / told):
        if told and (place / "config.json").is_file():
            return place.resolve()
    if _is_hub_id(told):
        try:
            return hub_folder(told)
        except UserError as error:
            raise UserError(f"the base of the LoRA folder {folder} is not here ({error}); give --base DIR") from error
    where = (
        f"the base that {ADAPTER_CONFIG} of {folder} names, {told}, is not a model folder here"
        if told
        else (f"{ADAPTER_CONFIG} of {folder} names no base")
    )
    raise UserError(f"{where}; give --base DIR, the model that the LoRA was trained on")


def _tokenizer_elsewhere(folder: Path) -> Path:
    """Some checkpoints are weights alone; the model that was trained, or the folder of the run, has the rest."""
    if given := given_base():
        base = _model_folder(given, f"the base {given} of {folder}")
        if has_tokenizer(base):
            return base
    try:
        told = str(json.loads((folder / "config.json").read_text(encoding="utf-8")).get("_name_or_path") or "")
    except (OSError, ValueError, AttributeError):
        told = ""
    for place in (Path(told).expanduser() if told else folder, folder.parent):
        if place.is_dir() and has_tokenizer(place):
            return place.resolve()
    return folder


def _model_folder(name: str, what: str) -> Path:
    folder = Path(name).expanduser()
    if not folder.is_dir() and _is_hub_id(name):
        return hub_folder(name)
    if not (folder / "config.json").is_file():
        raise UserError(f"{what} is not a model folder: it needs config.json, weights and a tokenizer")
    return folder.resolve()


def _is_hub_id(name: str) -> bool:
    return name.count("/") == 1 and not name.startswith((".", "/", "~"))
