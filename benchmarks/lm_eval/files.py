"""Imports lm-eval's results files (``results_*.json``) as evaluations, and exports evaluations as such files.

A metric is called as lm-eval calls it, ``exact_match,strict-match``, without the filter where there is none (``acc``).
Beside what lm-eval itself writes, our files have a key ``tpobench`` with what its form has no place for: the model's
fingerprint, the mode, and the intervals. lm-eval's own tools skip it.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tpobench.benchmarks.lm_eval.names import PREFIX, figures, judge_id
from tpobench.benchmarks.lm_eval.record import store_task_figures
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.declaration import ImportedModel
from tpobench.harness.files import write_whole
from tpobench.harness.json_files import read_json
from tpobench.harness.records import Metric, Model, NewEvaluation, content_key
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.evaluations import current_evaluations, evaluation_with_key
from tpobench.harness.store.models import model_named, model_with_fingerprint, require_one_mode
from tpobench.harness.store.store import Store


def import_folder(store: Store, path: Path) -> Iterator[ImportedModel]:
    """Store every ``results_*.json`` under the path, or that one file. Raises UserError where there is none."""
    files = [path] if path.is_file() else sorted(path.rglob("results*.json"))
    if not files:
        raise UserError(f"{path} holds no results_*.json to import")
    for file in files:
        for evaluation in import_results(store, file):
            yield ImportedModel(model=file.stem, prompts=0, evaluation=evaluation)


def export_model(store: Store, model: str, folder: Path) -> Path:
    """Write the newest results of a model in each task as one file of lm-eval's form into the folder. Raises UserError
    when there are none."""
    current = [e for e in current_evaluations(store) if e.benchmark.startswith(PREFIX)]
    named = model_named(store, model, among={evaluation.candidate for evaluation in current})
    of_model = [evaluation for evaluation in current if evaluation.candidate in named.fingerprints]
    mode = require_one_mode(named, [evaluation.candidate_mode for evaluation in of_model]).mode
    newest: dict[str, str] = {}
    for evaluation in of_model:
        if evaluation.candidate_mode == mode:
            newest.setdefault(evaluation.benchmark, evaluation.evaluation)
    if not newest:
        raise UserError(f"the store holds no lm_eval results of {model!r}; tpobench leaderboard lists what there is")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "results_tpobench.json"
    export_results(store, list(newest.values()), path)
    return path


def import_results(store: Store, path: Path, candidate: Model | None = None, mode: str = "direct") -> list[str]:
    """Store every task of a results file; returns the evaluations' keys. Importing it again changes nothing.

    `candidate` and `mode` say whose results they are, where the file is not one of ours; without a candidate it is
    the model that the file names. A metric whose items were all 0 or 1, as its standard error tells, gets the same
    interval as one measured here; for others the file does not hold what an interval needs. Raises UserError.
    """
    results = _read(path)
    try:
        model = candidate or _author(results, path)
        rows = [
            _evaluation(results, task, entry, model, mode, path)
            for task, entry in results["results"].items()
            if figures(entry)  # a group without aggregation is only a heading
        ]
    except (AttributeError, TypeError, ValueError, KeyError) as error:
        raise UserError(f"{path} is not in the form that lm-eval writes ({error}); write it again") from error
    if not rows:
        raise UserError(f"{path} holds no figures under 'results'; name a results_*.json that lm-eval wrote")
    store.add_model(model, "imported")
    return [store_task_figures(store, *row) for row in rows]


def export_results(store: Store, evaluations: Sequence[str], path: Path) -> None:
    """Write evaluations of one model in one mode as one results file, in lm-eval's form. Raises UserError when there
    are none, or when they do not go into one file (several models, modes, or runs of one task)."""
    rows = sorted((evaluation_with_key(store, key) for key in evaluations), key=lambda row: row.benchmark)
    if not rows:
        raise UserError(f"{store.path} holds no lm-eval results to export; run some tasks first")
    first, tasks = rows[0], {row.benchmark for row in rows}
    if len({(row.judge, row.candidate, row.candidate_mode) for row in rows}) > 1 or len(tasks) < len(rows):
        raise UserError(
            "one results file holds one model in one mode by one release of lm-eval, every task once; export these "
            "evaluations one at a time"
        )
    known = model_with_fingerprint(store, first.candidate)
    content: dict[str, Any] = {
        "results": {},
        "configs": {},
        "versions": {},
        "n-shot": {},
        "n-samples": {},
        "config": {"model": "tpobench", "model_args": f"pretrained={known.folder if known else ''}", "limit": None},
        "lm_eval_version": first.judge.removeprefix("lm-eval "),
        "model_source": "tpobench",
        "model_name": first.candidate_name,
        "model_name_sanitized": re.sub(r"[\"<>:/|\\?*\[\]]+", "__", first.candidate_name),
        "tpobench": {"candidate": first.candidate, "candidate_mode": first.candidate_mode, "tasks": {}},
    }
    for row in rows:
        _add_task(content, row.evaluation, row.benchmark.removeprefix(PREFIX), row.about, store.metrics(row.evaluation))
    write_whole(path, json.dumps(content, indent=2, ensure_ascii=False))


def _add_task(content: dict[str, Any], key: str, task: str, params: Mapping[str, Any], metrics: list[Metric]) -> None:
    n = max((metric.n for metric in metrics), default=0)
    entry = {metric.name if "," in metric.name else f"{metric.name},none": metric.value for metric in metrics}
    content["results"][task] = {"alias": task, "sample_len": n, **entry}
    content["configs"][task] = {"task": task, "num_fewshot": params.get("num_fewshot")}
    content["versions"][task] = params.get("version")
    content["n-shot"][task] = params.get("num_fewshot")
    content["n-samples"][task] = {"original": params.get("original", n), "effective": n}
    content["config"]["limit"] = content["config"]["limit"] or params.get("limit")
    content["tpobench"]["tasks"][task] = {
        "evaluation": key,
        "params": dict(params),
        "intervals": {m.name: [m.low, m.high, m.n] for m in metrics},
    }


def _read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = read_json(path)
    results = content.get("results") if isinstance(content, dict) else None
    if not isinstance(results, dict) or not all(isinstance(entry, dict) for entry in results.values()):
        raise UserError(f"{path} has no 'results' by task; name a results_*.json that lm-eval wrote")
    for part in ("versions", "n-shot", "n-samples", "config", "tpobench"):
        if not isinstance(content.get(part, {}), dict):
            raise UserError(f"{path}: {part!r} is not a mapping; name a results_*.json that lm-eval wrote")
    return content


def _author(content: Mapping[str, Any], path: Path) -> Model:
    """The model that the file names. Its weights are unknown here, so its identity is what the file says of it."""
    config = content.get("config", {})
    name = content.get("model_name") or config.get("model")
    if not name:
        raise UserError(f"{path} does not say which model it is about; name the model")
    said = content_key("lm-eval model", name, str(config.get("model_args")), config.get("model_sha"))
    return Model(str(name), "", str(content.get("tpobench", {}).get("candidate", said)))


def _evaluation(
    content: Mapping[str, Any], task: str, entry: Mapping[str, Any], model: Model, mode: str, path: Path
) -> tuple[NewEvaluation, list[Metric], str | None]:
    """What `store_task_figures` takes, from one task of a file."""
    ours = content.get("tpobench", {})
    about = ours.get("tasks", {}).get(task, {})
    params = about.get("params") or {
        "version": content.get("versions", {}).get(task),
        "num_fewshot": content.get("n-shot", {}).get(task),
        "limit": content.get("config", {}).get("limit"),
        "figures": content_key(entry),
    }
    n, values = _items(content, task, entry, path), figures(entry)
    evaluation = NewEvaluation(
        benchmark=PREFIX + task,
        judge=judge_id(str(content.get("lm_eval_version") or "of an unknown version")),
        params=json.dumps(params, sort_keys=True),
        candidate=model.fingerprint,
        candidate_mode=str(ours.get("candidate_mode", mode)),
    )
    metrics = [_metric(name, value, n, values, about.get("intervals", {})) for name, value in values.items()]
    return evaluation, metrics, about.get("evaluation") if model.fingerprint == ours.get("candidate") else None


def _items(content: Mapping[str, Any], task: str, entry: Mapping[str, Any], path: Path) -> int:
    counted = content.get("n-samples", {}).get(task) or {}
    n = counted.get("effective") or entry.get("sample_len")
    if n is None:  # a group: lm-eval counts its tasks
        parts = content.get("group_subtasks", {}).get(task, [])
        n = sum(content.get("n-samples", {}).get(part, {}).get("effective", 0) for part in parts)
    if not isinstance(n, int) or n < 1:
        raise UserError(f"{path} does not say how many items {task} had ('n-samples'); write it with a newer lm-eval")
    return n


def _metric(
    name: str, value: float, n: int, values: Mapping[str, float], intervals: Mapping[str, Sequence[Any]]
) -> Metric:
    if name in intervals:
        low, high, count = intervals[name]
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
