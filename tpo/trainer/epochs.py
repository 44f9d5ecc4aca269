"""The folders of a training job: one for every epoch that is kept, and the state to continue from."""

import json
import shutil
from pathlib import Path

from tpobench.harness.models.checkpoints import is_complete
from tpobench.tpo.trainer.job import EpochCheckpoint, TrainJob


def kept_epochs(job: TrainJob) -> list[int]:
    """The epochs that leave a checkpoint: of DPO every one, for selection; of supervised learning the last."""
    return list(range(1, job.epochs + 1)) if job.method == "dpo" else [job.epochs]


def finished(job: TrainJob) -> bool:
    """Whether every checkpoint that the job leaves is complete."""
    return all(is_complete(epoch_folder(job, epoch)) for epoch in kept_epochs(job))


def epoch_folder(job: TrainJob, epoch: int) -> Path:
    """Holds an epoch's checkpoint once it is complete."""
    return Path(job.output) / f"epoch-{epoch}"


def partial_folder(folder: Path) -> Path:
    """Where a folder is written before it takes its name."""
    return folder.with_name(folder.name + ".partial")


def state_folder(job: TrainJob) -> Path:
    """Holds ``epoch-N``, the whole state (weights, optimizer, schedule, random numbers) after the last epoch."""
    return Path(job.output) / "state"


def last_state(job: TrainJob) -> Path | None:
    """The state to continue from. A folder gets the name ``epoch-N`` when it is complete."""
    states = [folder for folder in state_folder(job).glob("epoch-*") if folder.name[6:].isdigit()]
    return max(states, key=lambda folder: int(folder.name[6:]), default=None)


def checkpoints(job: TrainJob) -> list[EpochCheckpoint]:
    """What a finished job has left, by epoch."""
    return [EpochCheckpoint(epoch, epoch_folder(job, epoch), _metrics(job, epoch)) for epoch in kept_epochs(job)]


def clear_leftovers(job: TrainJob) -> None:
    """Remove what a killed trainer was writing."""
    for leftover in [*Path(job.output).glob("*.partial"), *state_folder(job).glob("checkpoint-*")]:
        shutil.rmtree(leftover, ignore_errors=True)


def _metrics(job: TrainJob, epoch: int) -> dict[str, float]:
    notes = json.loads((epoch_folder(job, epoch) / "training.json").read_text(encoding="utf-8"))
    metrics: dict[str, float] = notes["metrics"]
    return metrics
