"""Reads lm-eval's samples files (``samples_TASK_DATE.jsonl``): what each item of a task scored."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.benchmarks.lm_eval.items import are_shares, by_metric
from tpobench.harness.errors import UserError
from tpobench.harness.json_files import LeaveOut, read_json_lines
from tpobench.harness.records import content_key

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d(\.\d+)?")


@dataclass(frozen=True)
class Samples:
    """The samples files of one results file: those beside it that were written at the same time."""

    results: Path

    def path(self, task: str) -> Path | None:
        """The samples file of a task; None where there is none."""
        date = _date(self.results)
        names = [f"samples_{task}_{date}.jsonl"] if date else []
        paths = [self.results.with_name(name) for name in (*names, f"samples_{task}.jsonl")]
        return next((path for path in paths if path.is_file()), None)

    def of(self, task: str, n: int, values: Mapping[str, float], leave_out: LeaveOut) -> Sequence[Mapping[str, Any]]:
        """What each item of a task scored.

        Args:
            task: Its name.
            n: How many items the results are of.
            values: The results, by metric.
            leave_out: Is told where there is a file whose items are not those of the results; they are then not used.

        Returns:
            The samples; none where there is no file, or it does not fit.
        """
        path = self.path(task)
        if path is None:
            return []
        try:
            rows = [_with_hashes(row) for _, row in read_json_lines(path)]
            problem = _misfit(rows, n, values)
        except UserError as error:
            rows, problem = [], str(error).removeprefix(str(path)).lstrip(": ")
        except (KeyError, TypeError, ValueError) as error:
            rows, problem = [], f"is not in the form that lm-eval writes ({type(error).__name__}: {str(error)[:100]})"
        if problem:
            leave_out(f"task {task}", f"its items are not used: {path} {problem}")
            return []
        return rows


def is_samples_file(path: Path) -> bool:
    """Whether a file of this name holds samples."""
    return path.name.startswith("samples_") and path.suffix == ".jsonl"


def without_results(samples: Iterable[Path], results: Iterable[Path]) -> list[Path]:
    """The samples files that were not written together with one of the results files, in the same folder."""
    written = {(file.parent, _date(file)) for file in results}
    return [file for file in samples if (file.parent, _date(file)) not in written]


def _date(path: Path) -> str:
    date = _DATE.search(path.name)
    return date[0] if date else ""


def _with_hashes(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The sample with the hashes that tell items apart, which older files lack."""
    if isinstance(row.get("doc_hash"), str) and isinstance(row.get("target_hash"), str):
        return row
    return {**row, "doc_hash": content_key(row["doc"]), "target_hash": content_key(row.get("target"))}


def _misfit(rows: Sequence[Mapping[str, Any]], n: int, values: Mapping[str, float]) -> str:
    """Why these cannot be the items of the results; empty where they can."""
    items = by_metric(rows)
    counts = {len(observed) for observed in items.values()}
    if not items or max(counts) != n:
        return f"holds {max(counts, default=0)} items, the results are of {n}"
    means = {
        name: sum(map(float, observed)) / len(observed)
        for name, observed in items.items()
        if name in values and are_shares(observed)
    }
    if means and not any(abs(mean - values[name]) < 1e-6 for name, mean in means.items()):
        name, mean = next(iter(means.items()))
        return f"gives {name} {mean:.4g}, the results say {values[name]:.4g}"
    return ""
