"""Exports evaluations as lm-eval's results files.

A metric is called as lm-eval calls it, ``exact_match,strict-match``, without the filter where there is none (``acc``).
Beside what lm-eval itself writes, our files have a key ``tpobench`` with what its form has no place for: the model's
fingerprint, the mode, and the intervals. lm-eval's own tools skip it.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tpobench.benchmarks.lm_eval.names import PREFIX
from tpobench.harness.errors import UserError
from tpobench.harness.files import write_whole
from tpobench.harness.json_files import finite
from tpobench.harness.records import Metric
from tpobench.harness.store.evaluations import current_evaluations, evaluation_with_key
from tpobench.harness.store.model_runs import one_run_each
from tpobench.harness.store.models import model_named, model_with_fingerprint, require_one_mode
from tpobench.harness.store.store import Store


def export_model(store: Store, model: str, folder: Path) -> Path:
    """Write the newest results of a model in each task as one file of lm-eval's form into the folder. Raises UserError
    when there are none."""
    current = [e for e in current_evaluations(store) if e.benchmark.startswith(PREFIX)]
    named = model_named(store, model, among={evaluation.candidate for evaluation in current})
    of_model = one_run_each(store, [one for one in current if one.candidate in named.fingerprints])
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
    write_whole(path, json.dumps(finite(content), indent=2, ensure_ascii=False))


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
