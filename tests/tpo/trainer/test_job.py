"""The trainer as the loop uses it: real trl runs in subprocesses, on a miniature model."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import fingerprint, is_complete
from tpobench.tpo.trainer.epochs import last_state
from tpobench.tpo.trainer.job import EpochCheckpoint, TrainJob, too_long
from tpobench.tpo.trainer.process import reason_in
from tpobench.tpo.trainer.run import run_job

PAIRS = [
    {"prompt_ids": [1, 4093, 198], "chosen_ids": [30, 31, 32, 2], "rejected_ids": [40, 41, 42]},
    {"prompt_ids": [1, 4093, 198, 77], "chosen_ids": [30, 33, 2], "rejected_ids": [44, 45, 46, 47, 48, 2]},
    {"prompt_ids": [1, 4093], "chosen_ids": [30, 31, 2], "rejected_ids": [40, 41, 42, 2]},
    {"prompt_ids": [1, 198, 77], "chosen_ids": [30, 33, 32, 35, 2], "rejected_ids": [44]},
] * 2


def job(model: Path, output: Path, **settings: object) -> TrainJob:
    values = {"method": "dpo", "learning_rate": 1e-3, "epochs": 3, "batch_size": 4, "seed": 0} | settings
    return TrainJob(model=str(model), output=str(output), data=f"{output}.jsonl", **values)  # type: ignore[arg-type]


Steps = list[tuple[int, int, float]]


@pytest.fixture(scope="module")
def undisturbed(
    tiny_model: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[TrainJob, Steps, list[EpochCheckpoint]]:
    done = job(tiny_model, tmp_path_factory.mktemp("undisturbed") / "c")
    steps: Steps = []
    checkpoints = run_job(done, PAIRS, lambda *step: steps.append(step))
    return done, steps, checkpoints


def log_probability(folder: Path, prompt: list[int], completion: list[int]) -> float:
    import torch
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        logits = model(torch.tensor([prompt + completion])).logits[0].log_softmax(-1)
    return float(sum(logits[len(prompt) - 1 + at, token] for at, token in enumerate(completion)))


def test_every_epoch_moves_probability_from_rejected_to_chosen_token_ids(
    tiny_model: Path, undisturbed: tuple[TrainJob, Steps, list[EpochCheckpoint]]
) -> None:
    done, steps, checkpoints = undisturbed
    assert [(step, of) for step, of, _ in steps] == [(step, 6) for step in range(1, 7)]
    # Policy and reference agree at the first step: -log sigmoid(0). The reference is the model the job starts from.
    assert steps[0][2] == pytest.approx(math.log(2), abs=1e-4)

    def margin(folder: Path) -> float:
        pair = PAIRS[0]
        chosen = log_probability(folder, pair["prompt_ids"], pair["chosen_ids"])
        return chosen - log_probability(folder, pair["prompt_ids"], pair["rejected_ids"])

    margins = [margin(tiny_model), *(margin(checkpoint.folder) for checkpoint in checkpoints)]
    assert margins == sorted(margins)
    assert margins[3] > margins[0] + 0.1
    assert sorted(path.name for path in Path(done.output).iterdir()) == ["epoch-1", "epoch-2", "epoch-3"]
    assert [path.name for path in Path(done.output).parent.iterdir()] == ["c"]


def test_the_metrics_are_means_over_the_epochs_steps(
    undisturbed: tuple[TrainJob, Steps, list[EpochCheckpoint]],
) -> None:
    _, steps, checkpoints = undisturbed
    for checkpoint in checkpoints:
        assert is_complete(checkpoint.folder)
        of_epoch = [loss for _, _, loss in steps[2 * checkpoint.epoch - 2 : 2 * checkpoint.epoch]]
        assert checkpoint.metrics["loss"] == pytest.approx(sum(of_epoch) / 2, abs=1e-4)
        # prompts count twice, once with each output
        assert checkpoint.metrics["tokens"] == 2 * (13 + 17 + 11 + 12)
        assert checkpoint.metrics["samples_per_second"] > 0
        assert {"rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected"} < set(checkpoint.metrics)
    assert checkpoints[2].metrics["rewards/margins"] > checkpoints[0].metrics["rewards/margins"] > 0


def test_a_finished_job_is_not_run_twice(undisturbed: tuple[TrainJob, Steps, list[EpochCheckpoint]]) -> None:
    done, _, checkpoints = undisturbed
    steps: Steps = []
    assert run_job(done, PAIRS, lambda *step: steps.append(step)) == checkpoints
    assert steps == []


def test_a_killed_job_goes_on_after_its_last_finished_epoch_to_the_same_weights(
    tiny_model: Path, tmp_path: Path, undisturbed: tuple[TrainJob, Steps, list[EpochCheckpoint]]
) -> None:
    again = job(tiny_model, tmp_path / "c")

    def kill_in_the_second_epoch(step: int, of: int, loss: float) -> None:
        if step == 3:
            raise KeyboardInterrupt  # run_job kills the trainer with SIGKILL

    with pytest.raises(KeyboardInterrupt):
        run_job(again, PAIRS, kill_in_the_second_epoch)
    state = last_state(again)
    assert state is not None
    assert state.name == "epoch-1"
    assert is_complete(tmp_path / "c" / "epoch-1")
    # what a kill leaves while it is being written counts for nothing
    (tmp_path / "c" / "state" / "checkpoint-4").mkdir(exist_ok=True)
    (tmp_path / "c" / "epoch-2.partial").mkdir(exist_ok=True)
    steps: Steps = []
    resumed = run_job(again, PAIRS, lambda *step: steps.append(step))
    assert [step for step, _, _ in steps] == [3, 4, 5, 6]
    _, _, wanted = undisturbed
    assert [fingerprint(e.folder) for e in resumed] == [fingerprint(e.folder) for e in wanted]
    without_speed = [{k: v for k, v in e.metrics.items() if k != "samples_per_second"} for e in (*resumed, *wanted)]
    assert without_speed[:3] == without_speed[3:]
    assert not (tmp_path / "c" / "state").exists()


def test_two_processes_take_the_same_steps_as_one_with_the_same_rows(
    tiny_model: Path, tmp_path: Path, undisturbed: tuple[TrainJob, Steps, list[EpochCheckpoint]]
) -> None:
    config = tmp_path / "two.yaml"
    config.write_text(
        "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nuse_cpu: true\nnum_machines: 1\n"
        "machine_rank: 0\nnum_processes: 2\nmixed_precision: 'no'\n"
    )
    steps: Steps = []
    launched = job(tiny_model, tmp_path / "c", batch_size=2, launch=str(config))
    checkpoints = run_job(launched, PAIRS, lambda *step: steps.append(step))
    _, alone, wanted = undisturbed
    assert [step[:2] for step in steps] == [step[:2] for step in alone]
    assert [step[2] for step in steps] == pytest.approx([step[2] for step in alone], abs=2e-4)
    for ours, theirs in zip(checkpoints, wanted, strict=True):
        assert weights(ours.folder) == pytest.approx(weights(theirs.folder), abs=1e-5)


@pytest.mark.parametrize("launched", [False, True])
def test_the_trainer_is_ours_whatever_lies_where_it_is_started(
    launched: bool, tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("harness", "tpo", "benchmarks", "reports"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('a decoy')")
    config = tmp_path / "one.yaml"
    config.write_text("compute_environment: LOCAL_MACHINE\ndistributed_type: 'NO'\nuse_cpu: true\nnum_processes: 1\n")
    monkeypatch.chdir(tmp_path)
    asked = job(tiny_model, tmp_path / "c", epochs=1, launch=str(config) if launched else None)
    (checkpoint,) = run_job(asked, PAIRS[:4], lambda *_: None)
    assert is_complete(checkpoint.folder)


def weights(folder: Path) -> list[float]:
    from safetensors.torch import load_file

    return [float(x) for tensor in load_file(folder / "model.safetensors").values() for x in tensor.flatten()[:500]]


def test_a_failing_trainer_leaves_a_reason_and_no_checkpoint(tiny_model: Path, tmp_path: Path) -> None:
    broken = [{"prompt_ids": [1], "chosen_ids": [10**9], "rejected_ids": [3]}]
    with pytest.raises(UserError, match=r"training stopped: \w*Error: index out of range"):
        run_job(job(tiny_model, tmp_path / "c"), broken, lambda *_: None)
    assert not list((tmp_path / "c").glob("epoch-*"))


@pytest.mark.parametrize(
    ("log", "returncode", "reason"),
    [
        ("OSError: [Errno 28] No space left on device", 1, "no space left on the disk that holds"),
        ("SafetensorError: I/O error: No space left on device (os error 28)", 1, "no space left"),
        ("RuntimeError: [enforce fail at inline_container.cc:672] . unexpected pos 5120 vs 5012", 1, "no space left"),
        ("", -9, "the trainer was killed"),
        ("traceback\nSignal 9 (SIGKILL) received by PID 7\n", 1, "the trainer was killed"),
        ("ValueError: one\nKeyError: two\na closing word", 1, "KeyError: two"),
        ("ValueError: one\ntorch.distributed.elastic.errors.ChildFailedError:\n====\n", 1, "ValueError: one"),
        ("", 3, "exit status 3 without a word"),
    ],
)
def test_the_reason_is_read_from_the_log(log: str, returncode: int, reason: str, tmp_path: Path) -> None:
    (tmp_path / "c.log").write_text(log)
    assert reason_in(tmp_path / "c.log", returncode).startswith(reason)


def test_settings_that_cannot_work_are_refused_before_anything_starts(tiny_model: Path, tmp_path: Path) -> None:
    ready = job(tiny_model, tmp_path / "c")
    assert [too_long(PAIRS[1], limit) for limit in (None, 10, 9)] == [False, False, True]  # 4 + 6 tokens
    for broken, rows, sentence in (
        (ready, [], "nothing to train"),
        (replace(ready, accumulate=3), PAIRS, "batch_size 4 cannot be split into 3"),
        (replace(ready, max_length=9), PAIRS, "2 of 8 pairs have more than max_length = 9 tokens"),
        (replace(ready, launch="missing.yaml"), PAIRS, "no file missing.yaml"),
    ):
        with pytest.raises(UserError, match=sentence):
            run_job(broken, rows, lambda *_: None)
    assert not (tmp_path / "c").exists()


def test_the_trainer_does_not_outlive_its_parent(tiny_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "c"
    code = (
        "import json, sys; from tpobench.tpo.trainer.run import *; j = TrainJob(**json.loads(sys.argv[1]));"
        "run_job(j, json.loads(sys.argv[2]), lambda *_: print('step', flush=True))"
    )
    long_job = json.dumps(vars(job(tiny_model, output, method="sft", epochs=5000)))
    rows = json.dumps([{"messages": [{"role": "user", "content": "Say hi."}], "completion": "hi there"}])
    parent = subprocess.Popen([sys.executable, "-c", code, long_job, rows], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "step\n"
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 20
    while _trainer_runs(output) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _trainer_runs(output)


def _trainer_runs(output: Path) -> bool:
    import psutil

    wanted = f"{output}.job.json"
    return any(wanted in (process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
