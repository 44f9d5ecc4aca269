"""The trainer's door: a job on disk in, a checkpoint folder for every epoch out, in processes of their own.

The processes free all memory when they end and cannot outlive their parent. What they leave under ``epoch-N`` is
complete; a killed job continues after its last finished epoch.
"""

import errno
import shutil
from collections.abc import Sequence
from pathlib import Path

from tpobench.harness.config import read_yaml
from tpobench.harness.errors import UserError
from tpobench.tpo.trainer.epochs import checkpoints, clear_leftovers, finished, state_folder
from tpobench.tpo.trainer.job import JOB_PLACEHOLDER, EpochCheckpoint, Row, TrainJob, too_long
from tpobench.tpo.trainer.process import OnProgress, no_space, reason_in, run_trainer


def run_job(job: TrainJob, rows: Sequence[Row], on_progress: OnProgress) -> list[EpochCheckpoint]:
    """Train in a subprocess what is not trained yet.

    Args:
        job: what to train, and how.
        rows: what to learn from (see `TrainJob`).
        on_progress: called after every optimizer step.

    Returns:
        The checkpoints by epoch (`sft`: the last one only).

    Raises:
        UserError: for settings that cannot work, before anything starts; and with the trainer's reason when it fails.
            The epochs before are kept, and the same call continues after them.
    """
    if not finished(job):
        _require_sound(job, rows)
        _train(job, rows, on_progress)
    shutil.rmtree(state_folder(job), ignore_errors=True)
    return checkpoints(job)


def _train(job: TrainJob, rows: Sequence[Row], on_progress: OnProgress) -> None:
    clear_leftovers(job)
    Path(job.output).mkdir(parents=True, exist_ok=True)
    log_file = Path(job.output + ".log")
    try:
        job_file = job.write(rows)
        returncode, reason = run_trainer(job_file, job.launch, log_file, on_progress)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        returncode, reason = 1, no_space(log_file)
    clear_leftovers(job)
    if returncode != 0 or not finished(job):
        raise UserError(
            f"training stopped: {reason or reason_in(log_file, returncode)}; the full log is {log_file}; run "
            "the command again to continue after the last finished epoch"
        )
    for scratch in (Path(job.data), job_file, log_file):
        scratch.unlink(missing_ok=True)


def _require_sound(job: TrainJob, rows: Sequence[Row]) -> None:
    if not rows:
        raise UserError(f"there is nothing to train {Path(job.output).name} on")
    if job.batch_size % job.accumulate:
        raise UserError(
            f"batch_size {job.batch_size} cannot be split into {job.accumulate} equal parts; make it a multiple of "
            "accumulate"
        )
    if job.method == "dpo" and any(too_long(row, job.max_length) for row in rows):
        raise UserError(
            f"{sum(too_long(row, job.max_length) for row in rows)} of {len(rows)} pairs have more than max_length = "
            f"{job.max_length} tokens; leave them out or raise max_length"
        )
    if job.launch is not None and JOB_PLACEHOLDER not in job.launch:
        _require_launch_file(Path(job.launch))


def _require_launch_file(path: Path) -> None:
    if not path.is_file():
        raise UserError(
            f"there is no file {path}; 'launch' names a configuration file of accelerate, or is a command with "
            f"{JOB_PLACEHOLDER}"
        )
    if not isinstance(read_yaml(path), dict):  # read here first: accelerate writes out every alias
        raise UserError(f"{path} holds no settings of accelerate; make it with accelerate config --config_file {path}")
