"""What lm-eval's tasks would take, against what they take."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.lm_eval.scripted import run, scripted
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.plan import TaskRequests, plan_tasks
from tpobench.harness.errors import UserError
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.store.store import Store


def plan(task: str, options: TaskOptions, model: str = "", mode: str = "direct") -> TaskRequests:
    found = plan_tasks(
        tasks=[task],
        candidate=model,
        mode=mode_named(mode),
        options=options,
        progress=Progress(True),
        concurrency=4,
        store=None,
    )
    return found.tasks[task]


@pytest.mark.parametrize("limit", [None, 3])
def test_a_plan_counts_what_a_run_asks_for(limit: int | None, store: Store, data: Path) -> None:
    options = TaskOptions(data=data, limit=limit)
    planned = plan("gsm8k", options)
    generator, sampler = scripted(store, lambda text, _: "#### 1")
    run("gsm8k", generator, "direct", store, options)
    assert planned == TaskRequests(len(sampler.asked), len(sampler.asked), 0)


def test_a_plan_counts_given_continuations(choices: Path) -> None:
    options = TaskOptions()
    assert plan("sums", options) == TaskRequests(6, 0, 18)
    with pytest.raises(UserError, match="scores given continuations"):
        plan("sums", options, mode="think:generic")


def test_a_plan_tells_calls_and_minutes_of_an_endpoint_only(data: Path) -> None:
    direct, options = mode_named("direct"), TaskOptions(data=data)
    served = plan_tasks(
        tasks=["gsm8k"],
        candidate="m@http://127.0.0.1:9/v1",
        mode=direct,
        options=options,
        progress=Progress(True),
        concurrency=4,
        store=None,
    )
    assert (served.sampling_calls, served.judge_calls, served.minutes) == (8, 0, 8 * 2.0 / 4 / 60)
    here = plan_tasks(
        tasks=["gsm8k"],
        candidate="a-folder/",
        mode=direct,
        options=options,
        progress=Progress(True),
        concurrency=4,
        store=None,
    )
    assert (here.sampling_calls, here.minutes) == (0, None)
    assert "dollars" not in "".join(served.lines() + here.lines())


def test_a_plan_through_the_command_line(data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.apis.command", "plan", "--benchmark", "lm_eval:gsm8k", "--data", str(data)]
    command += ["--model", "m@http://127.0.0.1:9/v1", "--store", str(tmp_path / "absent.duckdb"), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["tasks"]["gsm8k"]["items"], found["sampling_calls"], found["judge_calls"]) == (8, 8, 0)
    assert not (tmp_path / "absent.duckdb").exists()


def test_a_plan_without_the_tasks_data_says_how_to_give_them(monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets
    import huggingface_hub

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match=r"gsm8k cannot be loaded: .*name a folder with the data \(--data"):
        plan("gsm8k", TaskOptions())
