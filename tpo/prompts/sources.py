"""Where instructions are read from: the starter set, JSONL, Parquet, data sets of the hub.

UltraFeedback, the paper's human instructions, is ``hub:HuggingFaceH4/ultrafeedback_binarized`` with the split
``train_prefs`` and the column ``prompt``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.evaluation.declaration import DEFAULT_BENCHMARK
from tpobench.harness.evaluation.prompt_files import prompts_from_file
from tpobench.harness.evaluation.registry import benchmark_named, declarations
from tpobench.harness.records import Prompt
from tpobench.tpo.config import SourceConfig

HUB = "hub:"


def prompts_of(source: SourceConfig, default_split: str = "training") -> list[Prompt]:
    """The prompts of one source that is not synthetic, without empty ones.

    Args:
        source: what to read.
        default_split: of the starter set, where `source` names none.

    Raises:
        UserError: for a source that cannot be read, that has no such column, or that has no use for a setting.
    """
    name, kind = source.source, Path(source.source).suffix
    if name.startswith(HUB):
        return _from_hub(source)
    if kind == ".parquet":
        _refuse(source, "split")
        return _from_parquet(source)
    if kind == ".jsonl":
        _refuse(source, "split", "column")
        # The file's name alone: prompts keep their keys when the folder is moved.
        return [replace(prompt, source=f"file:{Path(name).name}") for prompt in prompts_from_file(Path(name))]
    if name == DEFAULT_BENCHMARK:
        _refuse(source, "column")
        split = source.split or default_split
        splits = list(declarations()[DEFAULT_BENCHMARK].splits)
        if split not in splits:
            raise UserError(f"the set {DEFAULT_BENCHMARK} has no split {split!r}; {did_you_mean(split, splits)}")
        return list(benchmark_named(DEFAULT_BENCHMARK, split).prompts)
    known = [DEFAULT_BENCHMARK, "FILE.jsonl", "FILE.parquet", "hub:ORG/NAME", "synthetic:SEEDS.jsonl"]
    raise UserError(f"unknown instruction source {name!r}; known: {', '.join(known)}")


def _refuse(source: SourceConfig, *settings: str) -> None:
    """A setting that would be ignored is a mistake, for example of a column that is not read."""
    for setting in settings:
        default = SourceConfig.model_fields[setting].default
        if getattr(source, setting) != default:
            raise UserError(f"the instruction source {source.source} takes no {setting!r}; leave it out")


def _from_parquet(source: SourceConfig) -> list[Prompt]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = Path(source.source)
    try:
        columns = pq.read_schema(path).names
        columns_read = [name for name in dict.fromkeys((source.column, "category")) if name in columns]
        rows = pq.read_table(path, columns=columns_read).to_pylist()
    except (OSError, pa.ArrowException) as error:
        raise UserError(f"the instruction file {path} cannot be read: {' '.join(str(error).split())}") from error
    return _prompts(rows, source, columns, f"file:{path.name}")


def _from_hub(source: SourceConfig) -> list[Prompt]:
    import datasets

    name, split = source.source.removeprefix(HUB), source.split or "train"
    try:
        loaded = datasets.load_dataset(name, split=split)
    except Exception as error:  # the libraries below raise whatever they like
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"the data set {name} (split {split}) cannot be fetched from the hub: {reason}; check the name and "
            "'split', or bring a *.jsonl or *.parquet file"
        ) from error
    return _prompts(loaded, source, loaded.column_names, f"{source.source}/{split}")


def _prompts(
    rows: Iterable[Mapping[str, Any]], source: SourceConfig, columns: Sequence[str], label: str
) -> list[Prompt]:
    if source.column not in columns:
        raise UserError(f"{label} has no column {source.column!r}; set 'column' to one of: {', '.join(columns)}")
    prompts = [Prompt(text, _category(row), label) for row in rows if (text := _text(row[source.column]))]
    if not prompts:
        raise UserError(
            f"the column {source.column!r} of {label} holds neither texts nor chat messages; set 'column' to one of: "
            f"{', '.join(columns)}"
        )
    return prompts


def _text(value: Any) -> str:
    """The text itself, or that of the first user message; empty where there is none."""
    if isinstance(value, str):
        return value.strip()
    messages = [value] if isinstance(value, Mapping) else value if isinstance(value, Sequence) else []
    for message in messages:
        if isinstance(message, Mapping) and message.get("role") == "user":
            content = message.get("content")
            return content.strip() if isinstance(content, str) else ""
    return ""


def _category(row: Mapping[str, Any]) -> str:
    value = row.get("category")
    return value if isinstance(value, str) and value.strip() else "uncategorised"
