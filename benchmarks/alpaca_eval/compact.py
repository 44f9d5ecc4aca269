"""Imports ``annotations.parquet``: preferences and lengths without texts, one row a model and instruction, in the order
of the annotations file."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tpobench.benchmarks.alpaca_eval.data import AlpacaData
from tpobench.benchmarks.alpaca_eval.imported import imported_record, preference_of
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.import_batch import ImportBatch
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.record import JudgedPair
from tpobench.harness.json_files import LeaveOut
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.records import Judgment, Model, content_key, text_key
from tpobench.harness.store.store import Store

COLUMNS = ("model", "index", "row", "preference", "output_length", "baseline_length")
_LONGEST = 2**31 - 1
"""Characters that the store can count."""


def import_compact(batch: ImportBatch, file: Path, data: AlpacaData, leave_out: LeaveOut) -> None:
    """All models of a compact file. `leave_out` is told of the rows that cannot be used.

    Raises:
        UserError: It is not such a file.
    """
    by_model: dict[str, dict[int, Mapping[str, Any]]] = {}
    for number, row in enumerate(_rows(file)):
        if problem := _problem(row, len(data.rows)):
            leave_out(f"row {number}", problem)
        elif row["index"] in by_model.setdefault(row["model"], {}):
            leave_out(f"row {number}", f"annotates the instruction {row['index']} of {row['model']} twice")
        else:
            by_model[row["model"]][row["index"]] = row
    baseline = batch.add_answers(data.baseline, data.prompts, [row.answer for row in data.rows])
    for name, rows in by_model.items():
        if rows:
            _add_model(batch, data, baseline, name, list(rows.values()))


def _rows(file: Path) -> list[dict[str, Any]]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(file)
    except (arrow.ArrowException, OSError) as error:
        raise UserError(f"{file} is not a Parquet file that can be read; it may be cut off") from error
    if missing := [name for name in COLUMNS if name not in table.column_names]:
        raise UserError(f"{file} has no column {missing[0]!r}")
    rows: list[dict[str, Any]] = table.to_pylist()
    return rows


def _problem(row: Mapping[str, Any], instructions: int) -> str:
    """Why a row cannot be used; empty where it can."""
    if not isinstance(row["model"], str) or not row["model"]:
        return "names no model"
    if not isinstance(row["index"], int) or not 0 <= row["index"] < instructions:
        return f"has the index {row['index']}, and there are {instructions} instructions"
    for name in ("output_length", "baseline_length"):
        if not isinstance(row[name], int) or not 0 <= row[name] <= _LONGEST:
            return f"has the {name} {row[name]}"
    if not isinstance(row["row"], int):
        return f"has the row {row['row']}"
    try:
        preference_of(row["preference"])
    except ValueError as error:
        return str(error)
    return ""


def _add_model(
    batch: ImportBatch, data: AlpacaData, baseline: ModelOutputs, name: str, rows: Sequence[Mapping[str, Any]]
) -> None:
    judge = AlpacaEvalProtocol()
    model = Model(name, "imported", content_key("imported", name, rows))
    batch.add_model(model)
    entries, judgments = [], []
    run = _is_another_run(batch.store, judge, name, data, rows)
    for row in sorted(rows, key=lambda row: row["row"]):
        index = row["index"]
        prompt = data.rows[index].prompt
        response_key = content_key("untold", name, prompt.text, *([model.fingerprint] if run else []))
        judgment = Judgment(
            key=content_key("imported judgment", judge.id, response_key),
            judge=judge.id,
            prompt_key=prompt.key,
            response_a=response_key,
            response_b=text_key(data.rows[index].answer),
            chars_a=row["output_length"],
            chars_b=row["baseline_length"],
            order=judge.order(prompt),
            verdict="imported",
            preference=preference_of(row["preference"]),
        )
        judgments.append(judgment)
        entries.append(JudgedPair(prompt, judgment.key, response_key, baseline.outputs[index].key))
    record = imported_record(data, judge, model, baseline.model, [entry.prompt for entry in entries])
    batch.add_evaluation(record, entries, judgments)


def _is_another_run(
    store: Store, judge: AlpacaEvalProtocol, name: str, data: AlpacaData, rows: Sequence[Mapping[str, Any]]
) -> bool:
    """Whether the store has other preferences for answers of this name, which came without texts too: its answers to
    the same instructions are then others."""
    preferences = {
        content_key("imported judgment", judge.id, content_key("untold", name, data.rows[row["index"]].prompt.text)): (
            preference_of(row["preference"])
        )
        for row in rows
    }
    stored = store.preferences(list(preferences))
    return any(known is not None and known != preferences[key] for key, known in stored.items())
