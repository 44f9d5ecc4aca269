"""Results of lm-eval's tasks that are in the store, written as one file."""

import json
from pathlib import Path

import pytest

from tpobench.benchmarks.lm_eval.files import export_model, store_evaluation
from tpobench.harness.errors import UserError
from tpobench.harness.records import Metric, Model
from tpobench.harness.store.store import Store


def measured(store: Store, task: str, value: float, mode: str = "direct", **params: object) -> str:
    """The figures of one task of the model ``m``."""
    store.add_model(Model("m", "folder of m", "a" * 32), "given")
    about = {
        "benchmark": f"lm_eval/{task}",
        "judge": "lm-eval 0.4.9",
        "params": json.dumps(params),
        "candidate": "a" * 32,
        "candidate_mode": mode,
    }
    return store_evaluation(store, about, [Metric(name="acc", value=value, n=100)])


def test_a_task_that_was_measured_twice_goes_out_with_its_newest_figures(store: Store, tmp_path: Path) -> None:
    measured(store, "arc", 0.4, limit=10)
    measured(store, "arc", 0.5)
    measured(store, "gsm8k", 0.25)
    written = json.loads(export_model(store, "m", tmp_path).read_text())
    assert {task: entry["acc,none"] for task, entry in written["results"].items()} == {"arc": 0.5, "gsm8k": 0.25}
    assert written["config"]["model_args"] == "pretrained=folder of m"


def test_a_model_that_answered_in_two_modes_needs_one(store: Store, tmp_path: Path) -> None:
    measured(store, "arc", 0.4)
    measured(store, "arc", 0.5, mode="think:generic")
    with pytest.raises(UserError, match="several modes; say which: m@direct, m@think:generic"):
        export_model(store, "m", tmp_path)
    written = json.loads(export_model(store, "aaaa@think:generic", tmp_path).read_text())
    assert written["results"]["arc"]["acc,none"] == 0.5


def test_a_model_without_results_is_told_so(store: Store, tmp_path: Path) -> None:
    store.add_model(Model("m", "folder of m", "a" * 32), "given")
    with pytest.raises(UserError, match="holds no lm_eval results of 'm'"):
        export_model(store, "m", tmp_path)
