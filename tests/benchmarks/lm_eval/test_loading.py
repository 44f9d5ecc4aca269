"""Tasks and data that are there, and that are not."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.benchmarks.lm_eval.scripted import figure, run, scripted
from tests.data import DATA, real_data
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.harness.errors import UserError
from tpobench.harness.store.store import Store


def test_missing_data_are_refused(store: Store, data: Path, tmp_path: Path) -> None:
    generator, _ = scripted(store, lambda text, _: "")
    with pytest.raises(UserError, match="no data folder"):
        run("gsm8k", generator, "direct", store, TaskOptions(data=tmp_path / "none"))
    with pytest.raises(UserError, match="not a folder with task files"):
        run("gsm8k", generator, "direct", store, TaskOptions(include_path=tmp_path / "none"))
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


@real_data
@pytest.mark.parametrize("task", ["gsm8k", "gsm8k_answer_only", "ifeval"])
def test_the_real_data_sets_load(task: str, store: Store) -> None:
    if task == "ifeval" and find_spec("immutabledict") is None:
        pytest.skip("ifeval needs the package immutabledict")
    generator, sampler = scripted(store, lambda text, _: "This is one sentence. THIS IS ANOTHER: 42.")
    try:
        result = run(task, generator, "direct", store, TaskOptions(data=DATA, limit=2))
    except UserError as error:
        if "punkt_tab" in str(error):
            pytest.skip(str(error))
        raise
    assert len(sampler.asked) == 2
    names = {metric.name for metric in result.metrics}
    if task == "ifeval":
        assert {"prompt_level_strict_acc", "inst_level_loose_acc"} <= names
        assert figure(result, "inst_level_loose_acc").low is None, "an instruction is no independent item"
        assert figure(result, "prompt_level_strict_acc").low is not None
    else:
        assert figure(result, next(iter(sorted(names)))).n == 2
