"""Where instructions are read from: the starter set, JSONL, Parquet, data sets of the hub."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import SPLITS, benchmark_named
from benchmarks.prompt_files import prompts_from_file
from harness.errors import UserError, did_you_mean
from harness.records import Prompt
from tpo.config import SourceConfig

HUB = "hub:"


def prompts_of(source: SourceConfig, default_split: str = "training") -> list[Prompt]:
    """The prompts of one source that is not synthetic; `default_split` is that of the starter set.

    Raises UserError for a source that cannot be read, or has no such column.
    """
    name = source.source
    if name == "starter":
        split = source.split or default_split
        if split not in SPLITS:
            raise UserError(f"the starter set has no split {split!r}; {did_you_mean(split, list(SPLITS))}")
        return list(benchmark_named("starter", split).prompts)
    if name.startswith(HUB):
        return _from_hub(source)
    if Path(name).suffix == ".jsonl":
        return list(prompts_from_file(Path(name)))
    if Path(name).suffix == ".parquet":
        return _from_parquet(source)
    known = ["starter", "FILE.jsonl", "FILE.parquet", "hub:ORG/NAME", "synthetic:SEEDS.jsonl"]
    raise UserError(f"unknown instruction source {name!r}; {did_you_mean(name, known)}")


def _from_parquet(source: SourceConfig) -> list[Prompt]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(source.source)
    try:
        columns = pq.read_schema(path).names
        wanted = [name for name in (source.column, "category") if name in columns]
        rows = pq.read_table(path, columns=wanted).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"the instruction file {path} cannot be read: {error}") from error
    return _prompts(rows, source, columns, f"file:{path.name}")


def _from_hub(source: SourceConfig) -> list[Prompt]:
    import datasets

    name = source.source.removeprefix(HUB)
    try:
        loaded = datasets.load_dataset(name, split=source.split or "train")
    except Exception as error:  # the libraries below raise whatever they like
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"the data set {name} (split {source.split or 'train'}) cannot be fetched from the hub: {reason}; use a "
            "*.jsonl or *.parquet file instead"
        ) from error
    return _prompts(loaded, source, loaded.column_names, source.source)


def _prompts(
    rows: Iterable[Mapping[str, Any]], source: SourceConfig, columns: Sequence[str], label: str
) -> list[Prompt]:
    if source.column not in columns:
        raise UserError(f"{label} has no column {source.column!r}; it has {', '.join(columns)}: set 'column'")
    found = []
    for row in rows:
        text = _text(row[source.column])
        if text:
            found.append(Prompt(text, _category(row), label))
    if not found:
        raise UserError(f"the column {source.column!r} of {label} holds neither texts nor chat messages")
    return found


def _text(value: Any) -> str:
    """The text itself, or that of the first user message; empty where there is none."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Sequence):
        for message in value:
            if isinstance(message, Mapping) and message.get("role") in ("user", "human"):
                return str(message.get("content") or "").strip()
    return ""


def _category(row: Mapping[str, Any]) -> str:
    value = row.get("category")
    return value if isinstance(value, str) and value else "uncategorised"
