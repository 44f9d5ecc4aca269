"""Results of lm-eval's tasks that are in the store, written as one file."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.lm_eval.scripted import number, run, scripted
from tpobench.benchmarks.lm_eval.files import export_model, export_results, import_results
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.record import store_task_figures
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.records import Metric, Model, NewEvaluation
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.store import Store


def measured(store: Store, task: str, value: float, mode: str = "direct", **params: object) -> str:
    """The figures of one task of the model ``m``."""
    store.add_model(Model("m", "folder of m", "a" * 32), "given")
    evaluation = NewEvaluation(
        benchmark=f"lm_eval/{task}",
        judge="lm-eval 0.4.9",
        params=json.dumps(params),
        candidate="a" * 32,
        candidate_mode=mode,
    )
    return store_task_figures(store, evaluation, [Metric(name="acc", value=value, n=100)])


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


def test_results_go_out_and_come_back_in(store: Store, data: Path, tmp_path: Path) -> None:
    generator, _ = scripted(store, lambda text, _: f"#### {number(text) if number(text) > 9 else 0}")
    result = run("gsm8k", generator, "direct", store, TaskOptions(data=data, num_fewshot=0))
    file = tmp_path / "out" / "results_x.json"
    export_results(store, [result.evaluation], file)
    counts = store.row_counts()
    assert import_results(store, file) == [result.evaluation]
    assert store.row_counts() == counts, "into the same store nothing is new"
    about = "SELECT benchmark, judge, candidate, candidate_mode FROM evaluation"
    with Store(tmp_path / "other.duckdb") as other:
        (key,) = import_results(other, file)
        assert import_results(other, file) == [key]
        assert key != result.evaluation, "a key is computed, not read from the file"
        assert other.metrics(key) == store.metrics(result.evaluation)
        assert other.sql(about)[1] == store.sql(about)[1]
        assert other.sql("SELECT name FROM model")[1] == [("scripted",)]


def test_no_file_changes_the_figures_that_are_there(store: Store, tmp_path: Path) -> None:
    key = measured(store, "gsm8k", 1.0)
    file = export_model(store, "m", tmp_path)
    forged = json.loads(file.read_text())
    forged["results"]["gsm8k"]["acc,none"] = 0.123
    forged["n-samples"]["gsm8k"] = {"original": 99_999, "effective": 99_999}
    forged["tpobench"]["tasks"]["gsm8k"]["intervals"] = {"acc": [0.1, 0.2, 99_999]}
    file.write_text(json.dumps(forged))
    (other,) = import_results(store, file)
    assert store.metrics(key) == [Metric(name="acc", value=1.0, n=100)]
    board = {row.evaluation: row for row in leaderboard(store)}
    assert board[key].value("acc") == 1.0
    assert board[other].value("acc") == 0.123
    assert board[other].candidate != board[key].candidate
    counts = store.row_counts()
    assert import_results(store, file) == [other]
    assert store.row_counts() == counts


FOREIGN = {
    "results": {
        "gsm8k": {
            "alias": "gsm8k",
            "exact_match,strict-match": 0.25,
            "exact_match_stderr,strict-match": 0.0435194,
            "exact_match_stderr,flexible-extract": "N/A",
        },
        "squad": {"alias": "squad", "f1,none": 0.61, "f1_stderr,none": 0.01},
    },
    "versions": {"gsm8k": 3.0},
    "n-shot": {"gsm8k": 5},
    "config": {"model": "hf", "model_args": "pretrained=a/b"},
    "n-samples": {"gsm8k": {"original": 1319, "effective": 100}, "squad": {"original": 9, "effective": 9}},
    "lm_eval_version": "0.4.8",
    "model_name": "a/b",
}


def test_a_file_that_lm_eval_wrote(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "results_1.json"
    file.write_text(json.dumps(FOREIGN))
    keys = import_results(store, file, mode="think:generic")
    assert import_results(store, file, mode="think:generic") == keys
    assert store.row_counts()["evaluation"] == 2
    _, rows = store.sql("SELECT benchmark, judge, candidate_mode, params->>'num_fewshot' FROM evaluation ORDER BY ALL")
    assert rows[0] == ("lm_eval/gsm8k", "lm-eval 0.4.8", "think:generic", "5")
    found = {metric.name: metric for key in keys for metric in store.metrics(key)}
    expected = mean_interval([1.0] * 25 + [0.0] * 75)
    name = "exact_match,strict-match"
    assert found[name] == Metric(name=name, value=0.25, n=100, category=None, low=expected.low, high=expected.high)
    assert (found["f1"].value, found["f1"].low) == (0.61, None), "no interval without the items"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (json.dumps(FOREIGN)[:200], "is not valid JSON, it may be cut off"),
        ("[]", "has no 'results' by task"),
        ('{"results": {"a": 1}}', "has no 'results' by task"),
        ('{"results": {}, "model_name": "m"}', "holds no figures"),
        ('{"results": {"a": {"acc,none": 1}}, "model_name": "m"}', "how many items a had"),
        ('{"results": {"a": {"acc,none": 1}}, "n-samples": {"a": {"effective": 3}}}', "which model"),
        ('{"results": {}, "config": []}', "'config' is not a mapping"),
        ('{"results": {"a": {"acc,none": 1, "sample_len": 2}}, "model_name": "m", "tpobench": {"tasks": 3}}', "form"),
    ],
)
def test_a_results_file_that_is_none_is_refused(content: str, problem: str, store: Store, tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(content)
    with pytest.raises(UserError, match=problem):
        import_results(store, tmp_path / "r.json")
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(UserError, match=r"cannot be read"):
            import_results(store, path)
