"""The trainer as the loop uses it: real trl runs in subprocesses, on a miniature model."""

import json
import math
import shlex
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.tpo.trainer.jobs import job, put_decoys, reference, token_log_probs
from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import fingerprint, is_complete
from tpobench.tpo.trainer.epochs import last_state
from tpobench.tpo.trainer.job import EpochCheckpoint, TrainJob
from tpobench.tpo.trainer.run import run_job

PAIRS: list[dict[str, Any]] = [
    {"prompt_ids": [1, 4093, 198], "chosen_ids": [30, 31, 32, 2], "rejected_ids": [40, 41, 42]},
    {"prompt_ids": [1, 4093, 198, 77], "chosen_ids": [30, 33, 2], "rejected_ids": [44, 45, 46, 47, 48, 2]},
    {"prompt_ids": [1, 4093], "chosen_ids": [30, 31, 2], "rejected_ids": [40, 41, 42, 2]},
    {"prompt_ids": [1, 198, 77], "chosen_ids": [30, 33, 32, 35, 2], "rejected_ids": [44]},
] * 2

Steps = list[tuple[int, int, float]]


@dataclass(frozen=True)
class Trained:
    job: TrainJob
    steps: Steps
    checkpoints: list[EpochCheckpoint]


def trained(model: Path, output: Path, **settings: object) -> Trained:
    """Three epochs of batches of four, started among modules that would break it."""
    made = job(model, output, **{"epochs": 3, "batch_size": 4} | settings)
    steps: Steps = []
    put_decoys(output.parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(output.parent)
        checkpoints = run_job(made, PAIRS, lambda *step: steps.append(step))
    return Trained(made, steps, checkpoints)


@pytest.fixture(scope="module")
def undisturbed(tiny_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return trained(tiny_model, tmp_path_factory.mktemp("undisturbed") / "c")


def test_every_epoch_moves_probability_from_rejected_to_chosen_token_ids(
    tiny_model: Path, undisturbed: Trained
) -> None:
    steps, checkpoints = undisturbed.steps, undisturbed.checkpoints
    assert [(step, of) for step, of, _ in steps] == [(step, 6) for step in range(1, 7)]
    # Policy and reference agree at the first step: -log sigmoid(0). The reference is the model the job starts from.
    assert steps[0][2] == pytest.approx(math.log(2), abs=1e-4)

    def margin(folder: Path) -> float:
        pair = PAIRS[0]
        chosen, rejected = (
            float(token_log_probs(reference(folder), pair["prompt_ids"], pair[ids]).sum().detach())
            for ids in ("chosen_ids", "rejected_ids")
        )
        return chosen - rejected

    margins = [margin(tiny_model), *(margin(checkpoint.folder) for checkpoint in checkpoints)]
    assert margins == sorted(margins)
    assert margins[3] > margins[0] + 0.1


def test_a_finished_job_leaves_its_epochs_and_no_scratch_files(undisturbed: Trained) -> None:
    output = Path(undisturbed.job.output)
    assert sorted(path.name for path in output.iterdir()) == ["epoch-1", "epoch-2", "epoch-3"]
    assert [path.name for path in output.parent.glob("c*")] == ["c"]


def test_the_metrics_are_means_over_the_epochs_steps(undisturbed: Trained) -> None:
    steps, checkpoints = undisturbed.steps, undisturbed.checkpoints
    for checkpoint in checkpoints:
        assert is_complete(checkpoint.folder)
        of_epoch = [loss for _, _, loss in steps[2 * checkpoint.epoch - 2 : 2 * checkpoint.epoch]]
        assert checkpoint.metrics["loss"] == pytest.approx(sum(of_epoch) / 2, abs=1e-4)
        # prompts count twice, once with each output
        assert checkpoint.metrics["tokens"] == 2 * (13 + 17 + 11 + 12)
        assert checkpoint.metrics["samples_per_second"] > 0
        assert {"rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected"} < set(checkpoint.metrics)
    assert checkpoints[2].metrics["rewards/margins"] > checkpoints[0].metrics["rewards/margins"] > 0


def test_a_finished_job_is_not_run_twice(undisturbed: Trained) -> None:
    steps: Steps = []
    assert run_job(undisturbed.job, PAIRS, lambda *step: steps.append(step)) == undisturbed.checkpoints
    assert steps == []


def test_a_killed_job_goes_on_after_its_last_finished_epoch_to_the_same_weights(
    tmp_path: Path, undisturbed: Trained
) -> None:
    again = replace(undisturbed.job, output=str(tmp_path / "c"), data=str(tmp_path / "c.jsonl"))

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
    wanted = undisturbed.checkpoints
    assert [fingerprint(e.folder) for e in resumed] == [fingerprint(e.folder) for e in wanted]
    without_speed = [{k: v for k, v in e.metrics.items() if k != "samples_per_second"} for e in (*resumed, *wanted)]
    assert without_speed[:3] == without_speed[3:]
    assert not (tmp_path / "c" / "state").exists()


def test_two_processes_take_the_same_steps_as_one_with_the_same_rows(
    tiny_model: Path, tmp_path: Path, undisturbed: Trained
) -> None:
    config = tmp_path / "two.yaml"
    config.write_text(
        "compute_environment: LOCAL_MACHINE\ndistributed_type: MULTI_GPU\nuse_cpu: true\nnum_machines: 1\n"
        "machine_rank: 0\nnum_processes: 2\nmixed_precision: 'no'\n"
    )
    launched = trained(tiny_model, tmp_path / "c", batch_size=2, launch=str(config))
    assert [step[:2] for step in launched.steps] == [step[:2] for step in undisturbed.steps]
    losses = [loss for _, _, loss in undisturbed.steps]
    assert [loss for _, _, loss in launched.steps] == pytest.approx(losses, abs=2e-4)
    for ours, theirs in zip(launched.checkpoints, undisturbed.checkpoints, strict=True):
        assert weights(ours.folder) == pytest.approx(weights(theirs.folder), abs=1e-5)


def weights(folder: Path) -> list[float]:
    from safetensors.torch import load_file

    return [float(x) for tensor in load_file(folder / "model.safetensors").values() for x in tensor.flatten()[:500]]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise IndexError('index out of range')", "training stopped: IndexError: index out of range; the full log is"),
        ("import sys; print(sys.argv[2]); sys.exit(1)", "training stopped: the judge is on strike; the full log is"),
        ("pass", "training stopped: exit status 0 without an error message"),
    ],
)
def test_a_failing_trainer_leaves_its_reason_and_no_checkpoint(
    code: str, reason: str, tiny_model: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", code, "{job}", json.dumps({"reason": "the judge is on strike"})]
    with pytest.raises(UserError, match=reason):
        run_job(job(tiny_model, tmp_path / "c", launch=shlex.join(command)), PAIRS, lambda *_: None)
    assert not list((tmp_path / "c").glob("epoch-*"))


def test_settings_that_cannot_work_are_refused_before_anything_starts(tiny_model: Path, tmp_path: Path) -> None:
    ready = job(tiny_model, tmp_path / "c", batch_size=4)
    for broken, rows, sentence in (
        (ready, [], "nothing to train"),
        (replace(ready, accumulate=3), PAIRS, "batch_size 4 cannot be split into 3"),
        (replace(ready, max_length=9), PAIRS, "2 of 8 pairs have more than max_length = 9 tokens"),
        (replace(ready, launch="missing.yaml"), PAIRS, "no file missing.yaml"),
    ):
        with pytest.raises(UserError, match=sentence):
            run_job(broken, rows, lambda *_: None)
    assert not (tmp_path / "c").exists()
