"""How fast this machine samples and trains, as measured by earlier runs; plans compute their times from it."""

import json
import math
from contextlib import suppress
from pathlib import Path

from tpobench.harness.errors import UserError
from tpobench.harness.files import write_whole
from tpobench.harness.home import cache_folder
from tpobench.harness.models.checkpoints import weight_files
from tpobench.harness.records import Model

SAMPLING = "sample"
"""The kind of work that sampling in this process is."""

LEAST_SECONDS, LEAST_BYTES = 5.0, 50_000_000
"""Shorter steps, and smaller models, say more about starting up than about the rate."""

FARTHEST = 8.0
"""Rates go with the inverse of a model's size, about, up to this factor between two sizes."""


def remember(kind: str, model: Model, tokens: float, seconds: float) -> None:
    """Keep the latest rate of a kind of work, such as ``sample``, for models of this size."""
    size = weight_bytes(model.folder)
    if seconds < LEAST_SECONDS or tokens <= 0 or size is None or size < LEAST_BYTES:
        return
    known = _read()
    known.setdefault(kind, {})[str(size)] = tokens / seconds
    with suppress(OSError, UserError):  # a plan without a rate is no reason to lose what was sampled
        write_whole(_file(), json.dumps(known, indent=1))


def recall(kind: str, size: int) -> float | None:
    """Tokens a second to expect of a model of this size, from the rate measured with the one nearest in size; None
    where none was measured."""
    rates = {int(bytes_of): rate for bytes_of, rate in _read().get(kind, {}).items()}
    nearest = min(rates, key=lambda known: abs(math.log(known / size)), default=None)
    if nearest is None or max(nearest / size, size / nearest) > FARTHEST:
        return None
    return rates[nearest] * nearest / size


def weight_bytes(folder: str) -> int | None:
    """Bytes of a local model's weights; None for an endpoint."""
    return sum(file.stat().st_size for file in weight_files(Path(folder))) if Path(folder).is_dir() else None


def _file() -> Path:
    return cache_folder() / "rates.json"


def _read() -> dict[str, dict[str, float]]:
    try:
        rates: dict[str, dict[str, float]] = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return rates
