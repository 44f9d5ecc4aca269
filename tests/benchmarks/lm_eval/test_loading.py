"""Tasks and data that are there, and that are not."""

import json
from pathlib import Path

import pytest

from tests.benchmarks.lm_eval.scripted import figure, run, scripted
from tests.data import DATA, real_data
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.results import TaskResult
from tpobench.harness.errors import UserError
from tpobench.harness.store.store import Store


def test_missing_data_are_refused(store: Store, data: Path, tmp_path: Path) -> None:
    generator, _ = scripted(store, lambda text, _: "")
    with pytest.raises(UserError, match="no data folder"):
        run("gsm8k", generator, "direct", store, TaskOptions(data=tmp_path / "none"))
    with pytest.raises(UserError, match=r"has no gsm8k/train\.jsonl"):
        run("gsm8k", generator, "direct", store, TaskOptions(data=tmp_path))


def test_an_unknown_task_is_refused(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    import lm_eval.tasks

    complete = lm_eval.tasks.TaskManager

    def ours_only(include_path: list[Path], include_defaults: bool = True) -> object:
        return complete(include_path=include_path, include_defaults=False)  # reading all takes 15 seconds

    monkeypatch.setattr(lm_eval.tasks, "TaskManager", ours_only)
    generator, _ = scripted(store, lambda text, _: "")
    with pytest.raises(UserError, match="did you mean 'gsm8k_answer_only'"):
        run("gsm8k_answers_only", generator, "direct", store, TaskOptions())


def test_a_task_that_runs_a_models_code_is_refused_before_any_code_runs(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """lm-eval's own file loads the metric `code_eval`, and a folder of that name would be taken for it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "code_eval").mkdir()
    (tmp_path / "code_eval" / "code_eval.py").write_text("open('ran', 'w').close()\n")
    generator, _ = scripted(store, lambda text, _: "")
    with pytest.raises(UserError, match="humaneval runs code that the model wrote"):
        run("humaneval", generator, "direct", store, TaskOptions())
    assert not (tmp_path / "ran").exists()


def test_task_files_among_the_data_are_not_read(store: Store, data: Path) -> None:
    for folder in (data, data / "gsm8k"):
        (folder / "planted.py").write_text(f"open({str(data / 'ran')!r}, 'w').close()\ndef f(doc): return ''\n")
        (folder / "gsm8k.yaml").write_text("task: gsm8k\ndoc_to_text: !function planted.f\n")
    generator, _ = scripted(store, lambda text, _: "42")
    run("gsm8k", generator, "direct", store, TaskOptions(data=data, limit=2))
    assert not (data / "ran").exists()


def test_the_working_folder_is_not_searched_for_a_metrics_code(
    store: Store, choices: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "planted.py").write_text("open('ran', 'w').close()\n")
    task = json.loads((choices / "sums.yaml").read_text())
    task |= {"metric_list": [{"metric": "planted"}], "output_type": "generate_until", "doc_to_target": "7"}
    (choices / "sums.yaml").write_text(json.dumps(task))
    generator, _ = scripted(store, lambda text, _: "")
    with pytest.raises(UserError):
        run("sums", generator, "direct", store, TaskOptions())
    assert not (tmp_path / "ran").exists()


def loaded(task: str, store: Store) -> TaskResult:
    """What two real items of the task give to answers that are all alike."""
    generator, sampler = scripted(store, lambda text, _: "This is one sentence. THIS IS ANOTHER: 42.")
    result = run(task, generator, "direct", store, TaskOptions(data=DATA, limit=2))
    assert len(sampler.asked) == 2
    return result


@real_data
@pytest.mark.parametrize("task", ["gsm8k", "gsm8k_answer_only"])
def test_the_real_data_set_of_gsm8k_loads(task: str, store: Store) -> None:
    result = loaded(task, store)
    assert figure(result, min(metric.name for metric in result.metrics)).n == 2


@real_data
def test_the_real_data_set_of_ifeval_loads(store: Store) -> None:
    """With nltk's punkt_tab from the package llama-index-core, which the Makefile installs."""
    result = loaded("ifeval", store)
    assert {"prompt_level_strict_acc", "inst_level_loose_acc"} <= {metric.name for metric in result.metrics}
    assert figure(result, "inst_level_loose_acc").low is None, "an instruction is no independent item"
    assert figure(result, "prompt_level_strict_acc").low is not None
