"""The trainer as the loop uses it: a real trl run in a subprocess, on a miniature model."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.checkpoints import fingerprint, is_complete
from harness.errors import UserError
from tpo.jobs import TrainJob, run_job

PAIRS = [
    {"prompt_ids": [1, 4093, 198], "chosen_ids": [30, 31, 32, 2], "rejected_ids": [40, 41, 42]},
    {"prompt_ids": [1, 4093, 198, 77], "chosen_ids": [30, 33, 2], "rejected_ids": [44, 45, 46, 47, 48, 2]},
] * 4


def job(tiny_model: Path, output: Path, **settings: object) -> TrainJob:
    values = {"method": "dpo", "learning_rate": 1e-3, "epochs": 4, "batch_size": 2, "seed": 0} | settings
    return TrainJob(model=str(tiny_model), output=str(output), data=f"{output}.jsonl", **values)  # type: ignore[arg-type]


def log_probability(folder: Path, prompt: list[int], completion: list[int]) -> float:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        logits = model(torch.tensor([prompt + completion])).logits[0].log_softmax(-1)
    return float(sum(logits[len(prompt) - 1 + at, token] for at, token in enumerate(completion)))


def test_dpo_moves_probability_from_rejected_to_chosen_token_ids(tiny_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "checkpoint"
    steps: list[tuple[int, int, float]] = []
    metrics = run_job(job(tiny_model, output), PAIRS, lambda *step: steps.append(step))
    assert is_complete(output)
    assert steps[-1][:2] == (16, 16)
    assert metrics["rewards/margins"] > 0

    def margin(folder: Path) -> float:
        pair = PAIRS[0]
        chosen = log_probability(folder, pair["prompt_ids"], pair["chosen_ids"])
        return chosen - log_probability(folder, pair["prompt_ids"], pair["rejected_ids"])

    assert margin(output) > margin(tiny_model) + 0.1
    assert not list(tmp_path.glob("*.partial"))


def test_the_first_dpo_loss_is_that_of_the_untrained_reference(tiny_model: Path, tmp_path: Path) -> None:
    """At the first step policy and reference agree, so the loss is -log sigmoid(0) = log 2: the reference really is
    the model the job starts from, and the dataset's ids went through untouched."""
    steps: list[tuple[int, int, float]] = []
    run_job(job(tiny_model, tmp_path / "c", epochs=1), PAIRS, lambda *step: steps.append(step))
    assert steps[0][2] == pytest.approx(0.6931, abs=2e-4)


def test_the_same_job_gives_the_same_weights_and_is_not_run_twice(tiny_model: Path, tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": "Say hi."}], "completion": "hi there"}] * 4
    first, second = (job(tiny_model, tmp_path / name, method="sft", epochs=1) for name in "ab")
    for one in (first, second):
        run_job(one, rows, lambda *_: None)
    assert fingerprint(Path(first.output)) == fingerprint(Path(second.output)) != fingerprint(tiny_model)
    steps: list[object] = []
    run_job(first, rows, lambda *step: steps.append(step))
    assert steps == []


def test_a_failing_trainer_leaves_a_reason_and_no_checkpoint(tiny_model: Path, tmp_path: Path) -> None:
    broken = [{"prompt_ids": [1], "chosen_ids": [10**9], "rejected_ids": [3]}]
    with pytest.raises(UserError, match="training stopped"):
        run_job(job(tiny_model, tmp_path / "c"), broken, lambda *_: None)
    assert not (tmp_path / "c").exists()


def test_the_trainer_does_not_outlive_its_parent(tiny_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "c"
    code = (
        "import json, sys; from tpo.jobs import *; j = TrainJob(**json.loads(sys.argv[1]));"
        "run_job(j, json.loads(sys.argv[2]), lambda *_: print('step', flush=True))"
    )
    long_job = json.dumps(vars(job(tiny_model, output, epochs=5000)))
    parent = subprocess.Popen(
        [sys.executable, "-c", code, long_job, json.dumps(PAIRS)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "step\n"
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 20
    while _trainer_runs(output) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _trainer_runs(output)
    assert not is_complete(output)


def _trainer_runs(output: Path) -> bool:
    import psutil

    wanted = f"{output}.job.json"
    return any(wanted in (process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
