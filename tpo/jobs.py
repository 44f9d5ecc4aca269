"""The trainer's door: a job on disk in, a checkpoint folder out, in a process of its own.

The process frees all memory when it ends, cannot outlive its parent, and leaves either a complete checkpoint under
the asked-for name or nothing.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from harness.checkpoints import is_complete
from harness.errors import UserError


@dataclass(frozen=True)
class TrainJob:
    """What the trainer needs to know.

    `sft` rows: ``{"messages": [...], "completion": text}``.
    `dpo` rows: ``{"prompt_ids": [...], "chosen_ids": [...], "rejected_ids": [...]}``, the sampled token ids.
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

    def write(self, rows: Iterable[Mapping[str, Any]]) -> Path:
        """Write the data and the job file beside the output folder; returns the job file."""
        with Path(self.data).open("w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        job_file = Path(self.output + ".job.json")
        job_file.write_text(json.dumps(asdict(self), indent=2), encoding="utf-8")
        return job_file


Progress = Callable[[int, int, float], None]
"""Called with (optimizer steps done, of how many, loss)."""


def run_job(job: TrainJob, rows: Iterable[Mapping[str, Any]], on_progress: Progress) -> dict[str, float]:
    """Train in a subprocess unless the checkpoint is already complete; returns the trainer's closing metrics.

    Raises UserError with the last line of the trainer's log when it fails.
    """
    output = Path(job.output)
    if is_complete(output):
        return _metrics(output)
    for leftover in (output, partial_folder(output)):
        shutil.rmtree(leftover, ignore_errors=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    job_file = job.write(rows)
    log_file = Path(job.output + ".log")
    environment = os.environ | {"TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    with log_file.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tpo.trainer", str(job_file)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=environment,
        )
        try:
            assert process.stdout is not None
            for line in process.stdout:
                log.write(line)
                if line.startswith('{"step"'):
                    event = json.loads(line)
                    on_progress(event["step"], event["of"], event["loss"])
            process.wait()
        finally:
            process.kill()
    if process.returncode != 0 or not is_complete(output):
        shutil.rmtree(partial_folder(output), ignore_errors=True)
        raise UserError(
            f"training stopped: {_reason(log_file, process.returncode)}; the full log is {log_file}, and the same "
            "command starts this training step again"
        )
    for scratch in (Path(job.data), job_file, log_file):
        scratch.unlink(missing_ok=True)
    return _metrics(output)


def partial_folder(output: Path) -> Path:
    return output.with_name(output.name + ".partial")


def _metrics(output: Path) -> dict[str, float]:
    metrics: dict[str, float] = json.loads((output / "training.json").read_text(encoding="utf-8"))["metrics"]
    return metrics


def _reason(log_file: Path, returncode: int) -> str:
    text = log_file.read_text(encoding="utf-8", errors="replace")
    if "No space left on device" in text or "os error 28" in text:
        return f"no space left on the disk that holds {log_file.parent}; free some and run the same command again"
    if returncode in (-9, 137):
        return "the trainer was killed (out of memory, most often); try a smaller batch_size"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else f"exit status {returncode} without a word"
