"""Results and samples files of lm-eval as they lie in folders."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tpobench.benchmarks.lm_eval.files import import_folder
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.compare import compare_models
from tpobench.harness.evaluation.declaration import ImportedModel, LeftOut
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store

DATE = "2025-03-04T05-06-07.123456"


def results(model: str = "a/b", **tasks: float) -> dict[str, Any]:
    return {
        "results": {task: {"alias": task, "acc,none": value} for task, value in tasks.items()},
        "n-samples": {task: {"original": 4, "effective": 4} for task in tasks},
        "versions": dict.fromkeys(tasks, 1),
        "n-shot": dict.fromkeys(tasks, 0),
        "config": {"model": "hf", "model_args": f"pretrained={model},dtype=auto"},
        "lm_eval_version": "0.4.9",
        "model_name": model,
    }


def write(path: Path, content: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
    return path


def samples(folder: Path, task: str, *values: float, **more: Mapping[str, object]) -> Path:
    rows = [
        {"doc_id": n, "doc_hash": f"d{n}", "target_hash": "t", "filter": "none", "metrics": ["acc"], "acc": value}
        for n, value in enumerate(values)
    ]
    path = folder / f"samples_{task}_{DATE}.jsonl"
    path.write_text("".join(json.dumps(row | more) + "\n" for row in rows))
    return path


def came_in(found: Iterable[ImportedModel | LeftOut]) -> tuple[list[str], dict[str, str]]:
    both = list(found)
    keys = [str(one.evaluation) for one in both if isinstance(one, ImportedModel)]
    return keys, {one.row: one.problem for one in both if isinstance(one, LeftOut)}


def test_nested_and_mixed_groups_have_the_items_of_all_their_tasks(store: Store, tmp_path: Path) -> None:
    content = results(law=0.5, physics=0.25, maths=1.0)
    content["n-samples"] = {"law": {"effective": 10}, "physics": {"effective": 20}, "maths": {"effective": 5}}
    groups = {"mmlu": ["stem", "humanities", "maths"], "stem": ["physics", "maths"], "humanities": ["law"], "law": []}
    content["group_subtasks"] = groups
    content["results"] |= {name: {"acc,none": 0.5, "alias": f" - {name}"} for name in ("mmlu", "stem", "humanities")}
    content["groups"] = {name: content["results"][name] for name in ("mmlu", "stem", "humanities")}
    write(tmp_path / "results_1.json", content)
    _, odd = came_in(import_folder(store, tmp_path))
    assert odd == {}
    sizes = {row.benchmark.removeprefix("lm_eval/"): row.metrics["acc"]["n"] for row in leaderboard(store)}
    assert sizes == {"law": 10, "physics": 20, "maths": 5, "stem": 25, "humanities": 10, "mmlu": 35}


def test_a_group_that_contains_itself_ends(store: Store, tmp_path: Path) -> None:
    content = results(a=0.5)
    content["group_subtasks"] = {"g": ["h", "a"], "h": ["g"]}
    content["results"] |= {"g": {"acc,none": 0.5}}
    write(tmp_path / "results_1.json", content)
    assert came_in(import_folder(store, tmp_path))[1] == {}


def test_one_bad_task_does_not_refuse_the_others(store: Store, tmp_path: Path) -> None:
    content = results(good=0.5, bad=0.5, worse=0.5, huge=0.5)
    content["n-samples"] |= {"bad": None, "worse": 3, "huge": {"effective": 10**30}}
    content["results"] |= {"list": [1], "nan": {"acc,none": float("nan")}, "big": {"acc,none": 10**400}}
    write(tmp_path / "results_1.json", content)
    keys, odd = came_in(import_folder(store, tmp_path))
    assert len(keys) == 1
    assert set(odd) == {"task bad", "task worse", "task huge", "task list"}
    assert "how many items bad had" in odd["task bad"]


def test_results_are_found_whatever_they_are_called(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "run" / "my_output_2025.json", results("m1", a=0.5))
    write(tmp_path / "run" / "config.json", {"hidden_size": 8})
    write(tmp_path / "other" / "._results_1.json", "x")
    (tmp_path / "other" / "results_cut.json").write_text('{"results": {"a"')
    keys, odd = came_in(import_folder(store, tmp_path))
    assert len(keys) == 1
    assert list(odd) == [""]
    assert odd[""].startswith("is not valid JSON, it may be cut off")
    with pytest.raises(UserError, match="holds no results file"):
        list(import_folder(store, tmp_path / "run" / "config.json"))


def test_older_files_name_the_model_among_its_arguments(store: Store, tmp_path: Path) -> None:
    content = results("meta/llama", a=0.5)
    del content["model_name"]
    write(tmp_path / "results_1.json", content)
    came_in(import_folder(store, tmp_path))
    assert [row.model for row in leaderboard(store)] == ["meta/llama"]


def test_samples_give_items_that_pair_two_models(store: Store, tmp_path: Path) -> None:
    for model, value, items in (("x", 0.75, (1, 1, 1, 0)), ("y", 0.25, (0, 0, 1, 0))):
        write(tmp_path / model / f"results_{DATE}.json", results(model, a=value))
        samples(tmp_path / model, "a", *items)
    _, odd = came_in(import_folder(store, tmp_path))
    assert odd == {}
    (difference,) = compare_models(store, model_named(store, "x"), model_named(store, "y"))
    assert (difference.n, difference.difference) == (4, 0.5)
    counts = store.row_counts()
    came_in(import_folder(store, tmp_path))
    assert store.row_counts() == counts


def test_samples_that_come_later_are_of_the_same_run(store: Store, tmp_path: Path) -> None:
    write(tmp_path / f"results_{DATE}.json", results(a=0.75))
    came_in(import_folder(store, tmp_path))
    samples(tmp_path, "a", 1, 1, 1, 0)
    came_in(import_folder(store, tmp_path))
    (row,) = leaderboard(store)
    assert row.metrics["acc"]["low"] is not None
    assert store.row_counts()["model"] == 1


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ((1, 0, 0, 0), "gives acc 0.25, the results say 0.75"),
        ((1, 1, 1), "holds 3 items, the results are of 4"),
        ((), "holds 0 items, the results are of 4"),
    ],
)
def test_samples_of_other_results_are_not_used(
    values: tuple[float, ...], told: str, store: Store, tmp_path: Path
) -> None:
    write(tmp_path / f"results_{DATE}.json", results(a=0.75))
    samples(tmp_path, "a", *values)
    keys, odd = came_in(import_folder(store, tmp_path))
    assert len(keys) == 1
    assert odd["task a"].endswith(told)
    assert store.row_counts()["item"] == 0


def test_samples_without_results_are_named(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "results_2025-01-01T00-00-00.json", results(a=0.75))
    path = samples(tmp_path, "a", 1, 1, 1, 0)
    for place in (tmp_path, path):
        _, odd = came_in(import_folder(store, place))
        assert odd[""].startswith("has no results file of the same date beside it")


def test_two_runs_of_one_model_are_two_models(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "1" / "results.json", results(a=0.75))
    write(tmp_path / "2" / "results.json", results(a=0.25))
    came_in(import_folder(store, tmp_path))
    board = leaderboard(store)
    assert sorted(row.value("acc") or 0 for row in board) == [0.25, 0.75]
    assert {row.model for row in board} == {"a/b"}
    assert len({row.candidate for row in board}) == 2
    counts = store.row_counts()
    came_in(import_folder(store, tmp_path))
    assert store.row_counts() == counts
