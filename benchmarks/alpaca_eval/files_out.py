"""AlpacaEval's own files out of the store: model_outputs.json, annotations.json, leaderboard.csv."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tpobench.benchmarks.alpaca_eval.data import NAME
from tpobench.harness.errors import UserError
from tpobench.harness.escaping import spreadsheet_cell
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.files import write_whole
from tpobench.harness.json_files import finite
from tpobench.harness.store.judgments import judged_entries
from tpobench.harness.store.model_runs import evaluation_of_model
from tpobench.harness.store.store import Store


def export_alpaca(store: Store, model: str, folder: Path) -> list[Path]:
    """All three official files of a model, in a folder."""
    return [
        export_outputs(store, model, folder),
        export_annotations(store, model, folder),
        export_leaderboard([vars(row) for row in leaderboard(store, NAME)], folder / "leaderboard.csv"),
    ]


def export_outputs(store: Store, model: str, folder: Path) -> Path:
    """``model_outputs.json`` of a model's answers to AlpacaEval, thoughts cut off."""
    rows = _evaluated(store, model)
    path = folder / "model_outputs.json"
    _write(
        path,
        [
            {
                "instruction": row["instruction"],
                "dataset": row["dataset"],
                "output": row["output_2"],
                "generator": row["generator_2"],
            }
            for row in rows
        ],
    )
    return path


def export_annotations(store: Store, model: str, folder: Path) -> Path:
    """``annotations.json`` as AlpacaEval writes it: preference 1..2, null where the judge gave no verdict."""
    path = folder / "annotations.json"
    _write(path, _evaluated(store, model))
    return path


def _evaluated(store: Store, model: str) -> list[dict[str, Any]]:
    """One row a prompt of the model's newest evaluation on AlpacaEval, in its order."""
    evaluation = evaluation_of_model(store, model, NAME)
    entries = judged_entries(store, evaluation.evaluation)
    if any(entry.candidate_response is None for entry in entries):
        raise UserError(f"the answers of {model!r} came without texts (imported judgments only): nothing to export")
    return [
        {
            "instruction": entry.text,
            "output_1": entry.baseline_response,
            "generator_1": evaluation.baseline_name,
            "dataset": entry.category,
            "output_2": entry.candidate_response,
            "generator_2": evaluation.candidate_name,
            "annotator": evaluation.judge.split("@")[0].removeprefix("alpaca_eval:"),
            "preference": None if entry.preference is None else entry.preference + 1.0,
            "raw_completion": entry.raw_text,
        }
        for entry in entries
    ]


def export_leaderboard(rows: Sequence[Mapping[str, Any]], path: Path) -> Path:
    """``leaderboard.csv`` with AlpacaEval's own columns; `rows` are those of the leaderboard."""
    columns = (
        "",
        "win_rate",
        "standard_error",
        "n_total",
        "discrete_win_rate",
        "avg_length",
        "length_controlled_winrate",
        "lc_standard_error",
    )
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        figures = row["metrics"]

        def points(name: str, figures: Mapping[str, Any] = figures) -> float | str:
            value = figures.get(name, {}).get("value")
            return "" if value is None else 100 * value

        writer.writerow(
            [
                spreadsheet_cell(row["model"]),
                points("win_rate"),
                points("official_standard_error"),
                row["prompts"],
                points("discrete_win_rate"),
                round(figures["response_chars"]["value"]),
                points("official_lc_win_rate"),
                points("official_lc_win_rate_standard_error"),
            ]
        )
    write_whole(path, file.getvalue())
    return path


def _write(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    write_whole(path, json.dumps(finite(rows), indent=2, ensure_ascii=False))
