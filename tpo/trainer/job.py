"""The trainer's door: a job on disk in, a checkpoint folder for every epoch out, in processes of their own.

The processes free all memory when they end and cannot outlive their parent. What they leave under ``epoch-N`` is
complete; a killed job goes on from its last finished epoch.
"""

import errno
import json
import os
import re
import shlex
import shutil
import site
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import tpobench
from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import is_complete

Row = Mapping[str, Any]

JOB_PLACE = "{job}"
"""Stands for the job file in a launch command."""


@dataclass(frozen=True, kw_only=True)
class TrainJob:
    """What the trainer needs to know.

    `sft` rows: ``{"messages": [...], "completion": text}``.
    `dpo` rows: ``{"prompt_ids": [...], "chosen_ids": [...], "rejected_ids": [...]}``, the sampled token ids.

    `batch_size` is of rows per step and process, in `accumulate` parts. `lora` holds `r`, `alpha`, `dropout` and
    `target_modules`. `launch` is a configuration file of accelerate, or a command in which ``{job}`` stands for the job
    file (for several nodes). `output` becomes the folder of the epochs.
    """

    method: Literal["sft", "dpo"]
    model: str
    output: str
    data: str
    learning_rate: float
    epochs: int
    batch_size: int
    seed: int
    beta: float = 0.1
    loss: Literal["dpo", "irpo"] = "dpo"
    nll_weight: float = 1.0
    accumulate: int = 1
    max_length: int | None = None
    lora: Mapping[str, Any] | None = None
    precision: Literal["fp32", "bf16"] = "fp32"
    gradient_checkpointing: bool = False
    launch: str | None = None

    def write(self, rows: Sequence[Row]) -> Path:
        """Write the data and the job file beside the output folder; returns the job file.

        Pairs are written longest first: batches of the reference pass then hold little padding, and memory runs out
        at once or not at all.
        """
        if self.method == "dpo":
            rows = sorted(rows, key=pair_length, reverse=True)
        with Path(self.data).open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        job_file = Path(self.output + ".job.json")
        job_file.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        return job_file


@dataclass(frozen=True)
class EpochCheckpoint:
    """What one epoch left: a sealed model folder, and means over the epoch's steps.

    Of the metrics, `loss`, `samples_per_second` and `tokens` (that the epoch trained on) are always there, the
    implicit rewards and log-probabilities with DPO only.
    """

    epoch: int
    folder: Path
    metrics: dict[str, float]


Progress = Callable[[int, int, float], None]
"""Called with (optimizer steps done, of how many, loss)."""


def pair_length(row: Row) -> int:
    """Tokens of the longer of the two sequences of a `dpo` row."""
    return len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"]))


def too_long(row: Row, max_length: int | None) -> bool:
    """Whether a `dpo` row has a sequence (prompt with an output) of more than `max_length` tokens. Nothing is ever
    cut: an output without its end would be trained as if it had none."""
    return max_length is not None and pair_length(row) > max_length


def run_job(job: TrainJob, rows: Sequence[Row], on_progress: Progress) -> list[EpochCheckpoint]:
    """Train in a subprocess what is not trained yet; returns the checkpoints by epoch (`sft`: the last one only).

    Raises UserError with the trainer's reason when it fails; the epochs before are kept.
    """
    if not finished(job):
        _require_sound(job, rows)
        _clear_leftovers(job)
        Path(job.output).mkdir(parents=True, exist_ok=True)
        log_file = Path(job.output + ".log")
        try:
            job_file = job.write(rows)
            returncode, reason = _train(job, job_file, log_file, on_progress)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            returncode, reason = 1, _no_space(log_file)
        _clear_leftovers(job)
        if returncode != 0 or not finished(job):
            raise UserError(
                f"training stopped: {reason or reason_in(log_file, returncode)}; the full log is {log_file}, and the "
                "same command goes on after the last finished epoch"
            )
        for scratch in (Path(job.data), job_file, log_file):
            scratch.unlink(missing_ok=True)
    shutil.rmtree(state_folder(job), ignore_errors=True)
    return [EpochCheckpoint(epoch, epoch_folder(job, epoch), _metrics(job, epoch)) for epoch in kept_epochs(job)]


def kept_epochs(job: TrainJob) -> list[int]:
    """The epochs that leave a checkpoint: of DPO every one, for selection; of supervised learning the last."""
    return list(range(1, job.epochs + 1)) if job.method == "dpo" else [job.epochs]


def finished(job: TrainJob) -> bool:
    return all(is_complete(epoch_folder(job, epoch)) for epoch in kept_epochs(job))


def epoch_folder(job: TrainJob, epoch: int) -> Path:
    return Path(job.output) / f"epoch-{epoch}"


def partial_folder(folder: Path) -> Path:
    """Where a folder is written before it takes its name."""
    return folder.with_name(folder.name + ".partial")


def state_folder(job: TrainJob) -> Path:
    """Holds ``epoch-N``, the whole state (weights, optimizer, schedule, random numbers) after the last epoch."""
    return Path(job.output) / "state"


def last_state(job: TrainJob) -> Path | None:
    """The state to go on from. A folder gets the name ``epoch-N`` when it is complete."""
    states = [folder for folder in state_folder(job).glob("epoch-*") if folder.name[6:].isdigit()]
    return max(states, key=lambda folder: int(folder.name[6:]), default=None)


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
    if job.launch is not None and JOB_PLACE not in job.launch and not Path(job.launch).is_file():
        raise UserError(
            f"there is no file {job.launch}; 'launch' names a configuration file of accelerate, or is a command with "
            f"{JOB_PLACE}"
        )


def _clear_leftovers(job: TrainJob) -> None:
    for leftover in [*Path(job.output).glob("*.partial"), *state_folder(job).glob("checkpoint-*")]:
        shutil.rmtree(leftover, ignore_errors=True)


def _train(job: TrainJob, job_file: Path, log_file: Path, on_progress: Progress) -> tuple[int, str | None]:
    """Run the trainer; returns its exit status and the reason that it gave when it stopped by itself.

    Its standard input is a pipe that nobody writes to: it closes when this process ends, however it ends, and every
    process of the trainer ends with it.
    """
    command, environment = _command(job.launch, str(job_file)), _environment()
    reason = None
    with log_file.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            for line in process.stdout:
                log.write(line)
                if line.startswith('{"step"'):
                    event = json.loads(line)
                    on_progress(event["step"], event["of"], event["loss"])
                elif line.startswith('{"reason"'):
                    reason = json.loads(line)["reason"]
            process.wait()
        finally:
            process.stdin.close()
            process.kill()
            process.wait()
    return process.returncode, reason


def _command(launch: str | None, job_file: str) -> list[str]:
    trainer = ["-m", "tpobench.tpo.trainer", job_file]
    if launch is None:
        return [sys.executable, "-P", *trainer]
    if JOB_PLACE in launch:
        return [part.replace(JOB_PLACE, job_file) for part in shlex.split(launch)]
    return [sys.executable, "-P", "-m", "accelerate.commands.launch", "--config_file", launch, *trainer]


def _environment() -> dict[str, str]:
    """Of the trainer. It does not search the folder that it was started in, where a user's module could stand in for
    one of ours or of a library's. So where this package is not installed, it is told where that lies."""
    ours = Path(tpobench.__file__).resolve().parents[1]
    installed = ours in [Path(folder).resolve() for folder in (*site.getsitepackages(), site.getusersitepackages())]
    path = [*([] if installed else [str(ours)]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return os.environ | {
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "TQDM_DISABLE": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": os.pathsep.join(path),
    }


def _metrics(job: TrainJob, epoch: int) -> dict[str, float]:
    notes = json.loads((epoch_folder(job, epoch) / "training.json").read_text(encoding="utf-8"))
    metrics: dict[str, float] = notes["metrics"]
    return metrics


def _no_space(log_file: Path) -> str:
    return f"no space left on the disk that holds {log_file.parent}; free some"


_RAISED = re.compile(r"^(?!torch\.distributed\.elastic|subprocess\.)[\w.]*(Error|Exception|Interrupt)\b.*")
"""The last line of a traceback; those of a launcher tell only that one of its processes failed."""


def reason_in(log_file: Path, returncode: int) -> str:
    """Why the trainer ended, in a sentence as far as its log and exit status tell."""
    text = log_file.read_text(encoding="utf-8", errors="replace")
    # the last is torch's writer, which knows no better word for it
    if any(sign in text for sign in ("No space left on device", "os error 28", "enforce fail at inline_container")):
        return _no_space(log_file)
    if returncode in (-9, 137) or "SIGKILL" in text:
        return "the trainer was killed (out of memory, most often); try a smaller batch_size"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    raised = [line for line in lines if _RAISED.match(line)]
    return (raised or lines or [f"exit status {returncode} without a word"])[-1]
