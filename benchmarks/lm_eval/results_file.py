"""Reads one of lm-eval's results files: whose results it holds, and each task's figures."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.benchmarks.lm_eval.items import by_item, by_metric, task_metrics
from tpobench.benchmarks.lm_eval.names import PREFIX, figures, judge_id
from tpobench.benchmarks.lm_eval.samples_files import Samples
from tpobench.harness.errors import UserError
from tpobench.harness.json_files import LeaveOut, read_json
from tpobench.harness.records import Metric, Model, content_key
from tpobench.harness.stats.intervals import mean_interval

_MOST_ITEMS = 2**31 - 1
"""Items that the store can count."""


@dataclass(frozen=True, kw_only=True)
class TaskFigures:
    """What a file says of one task. `params` says how it was measured, `items` what each item scored, by metric."""

    task: str
    judge: str
    params: Mapping[str, Any]
    metrics: Sequence[Metric]
    items: Mapping[str, Mapping[str, float]]

    @property
    def benchmark(self) -> str:
        """What the store calls the task."""
        return PREFIX + self.task


@dataclass(frozen=True, kw_only=True)
class ResultsFile:
    """A results file. `ours` is what tpobench has added to it, where it wrote the file."""

    path: Path
    content: Mapping[str, Any]
    ours: Mapping[str, Any]

    @property
    def mode(self) -> str | None:
        """The mode in which the model answered, where the file says it."""
        mode = self.ours.get("candidate_mode")
        return mode if isinstance(mode, str) else None

    @property
    def claimed_fingerprint(self) -> str | None:
        """The model's fingerprint, as the file claims it."""
        claimed = self.ours.get("candidate")
        return claimed if isinstance(claimed, str) else None

    def author(self) -> Model:
        """The model that the file names. Its weights are unknown here, so its identity is what the file says of it.

        Raises:
            UserError: It names none.
        """
        config = self.content.get("config", {})
        name = self.content.get("model_name") or config.get("model")
        if not name:
            raise UserError(f"{self.path} does not say which model it is about")
        said = content_key("lm-eval model", name, str(config.get("model_args")), config.get("model_sha"))
        return Model(_shown_name(self.content, str(name)), "", said)

    def tasks(self, samples: Samples, leave_out: LeaveOut) -> Iterator[TaskFigures]:
        """The figures of every task and group. `leave_out` is told of those that cannot be used."""
        for task, entry in self.content["results"].items():
            if not isinstance(entry, dict):
                leave_out(f"task {task}", "has figures that are no mapping")
            elif figures(entry):  # a group without aggregation is only a heading
                try:
                    yield self._task(task, entry, samples, leave_out)
                except (AttributeError, TypeError, ValueError, KeyError) as error:
                    leave_out(f"task {task}", str(error) if isinstance(error, _OddTask) else _not_its_form(error))

    def _task(self, task: str, entry: Mapping[str, Any], samples: Samples, leave_out: LeaveOut) -> TaskFigures:
        about = self.ours.get("tasks", {}).get(task, {})
        n, values = self._items(task, entry), figures(entry)
        rows = samples.of(task, n, values, leave_out)
        params = dict(about.get("params") or self._params(task))
        intervals = about.get("intervals", {})
        params["figures"] = content_key(entry, intervals) if intervals else content_key(entry)
        if rows:
            metrics = task_metrics(entry, n, by_metric(rows))
            params["items"] = content_key([(sample["doc_hash"], sample["target_hash"]) for sample in rows])
        else:
            metrics = [_metric(name, value, n, values, intervals) for name, value in values.items()]
        release = self.content.get("lm_eval_version")
        return TaskFigures(
            task=task,
            judge=judge_id(str(release or "of an unknown version")),
            params=params,
            metrics=metrics,
            items=by_item(rows),
        )

    def _params(self, task: str) -> Mapping[str, Any]:
        return {
            "version": self.content.get("versions", {}).get(task),
            "num_fewshot": self.content.get("n-shot", {}).get(task),
            "limit": self.content.get("config", {}).get("limit"),
        }

    def _items(self, task: str, entry: Mapping[str, Any]) -> int:
        counted = self.content.get("n-samples", {}).get(task) or {}
        n = counted.get("effective") or entry.get("sample_len")
        if n is None:  # a group: lm-eval counts its tasks
            n = sum(self._effective(part) for part in self._parts(task, set()))
        if isinstance(n, int) and n > _MOST_ITEMS:
            raise _OddTask(f"the file says that {task} had {n:.3g} items")
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise _OddTask(
                f"the file does not say how many items {task} had ('n-samples'); write it with a newer lm-eval"
            )
        return n

    def _effective(self, part: str) -> int:
        counted = self.content.get("n-samples", {}).get(part) or {}
        n = counted.get("effective") or self.content["results"].get(part, {}).get("sample_len")
        if not isinstance(n, int):
            raise _OddTask(f"the file does not say how many items its task {part} had ('n-samples')")
        return n

    def _parts(self, group: str, seen: set[str]) -> set[str]:
        """The tasks of a group, those of its groups too, each once."""
        seen.add(group)
        tasks: set[str] = set()
        for part in self.content.get("group_subtasks", {}).get(group) or []:
            if self.content["group_subtasks"].get(part):
                tasks |= set() if part in seen else self._parts(part, seen)
            else:
                tasks.add(part)
        return tasks


class _OddTask(ValueError):
    """Why a task cannot be used, as the end of a sentence."""


def read_results(path: Path) -> ResultsFile | None:
    """A results file; None for a JSON file of something else.

    Raises:
        UserError: It cannot be read, or is not in the form that lm-eval writes.
    """
    content = read_json(path)
    if not isinstance(content, dict) or "results" not in content:
        return None
    results = content["results"]
    if not isinstance(results, dict) or (results and not any(isinstance(entry, dict) for entry in results.values())):
        raise UserError(f"{path} has no 'results' by task; name a results_*.json that lm-eval wrote")
    for part in ("versions", "n-shot", "n-samples", "group_subtasks", "config", "tpobench"):
        if not isinstance(content.get(part, {}), dict):
            raise UserError(f"{path}: {part!r} is not a mapping; name a results_*.json that lm-eval wrote")
    ours = content.get("tpobench", {})
    if not isinstance(ours.get("tasks", {}), dict):
        raise UserError(f"{path} is not in the form that tpobench writes: its 'tasks' are not a mapping")
    return ResultsFile(path=path, content=content, ours=ours)


def _shown_name(content: Mapping[str, Any], name: str) -> str:
    """The model's name. Older files name only the kind of model, and the model itself among its arguments."""
    if content.get("model_name"):
        return name
    given = content.get("config", {}).get("model_args")
    if isinstance(given, str):
        given = dict(part.split("=", 1) for part in given.split(",") if "=" in part)
    named = (given.get("pretrained") or given.get("model")) if isinstance(given, dict) else None
    return named if isinstance(named, str) and named else name


def _not_its_form(error: Exception) -> str:
    return f"is not in the form that lm-eval writes ({type(error).__name__}: {str(error)[:100]})"


def _metric(
    name: str, value: float, n: int, values: Mapping[str, float], intervals: Mapping[str, Sequence[Any]]
) -> Metric:
    if name in intervals:
        low, high, count = intervals[name]
        known = (low, high) == (None, None) or low <= high
        if not known or not isinstance(count, int) or not 0 <= count <= _MOST_ITEMS:
            raise _OddTask(f"the interval of {name} is not one")
        return Metric(name=name, value=value, n=count, category=None, low=low, high=high)
    base, comma, filtered = name.partition(",")
    hits = round(value * n)
    error = values.get(f"{base}_stderr{comma}{filtered}")
    if error is None or n < 2 or not 0 <= value <= 1 or not math.isclose(hits / n, value, abs_tol=1e-9):
        return Metric(name=name, value=value, n=n)
    if not math.isclose(error, math.sqrt(value * (1 - value) / (n - 1)), abs_tol=1e-6):
        return Metric(name=name, value=value, n=n)
    interval = mean_interval([1.0] * hits + [0.0] * (n - hits))
    return Metric(name=name, value=value, n=n, category=None, low=interval.low, high=interval.high)
