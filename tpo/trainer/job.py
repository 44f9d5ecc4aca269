"""What the trainer is asked to do, as a file on disk, and what it leaves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

Row = Mapping[str, Any]

JOB_PLACEHOLDER = "{job}"
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


def pair_length(row: Row) -> int:
    """Tokens of the longer of the two sequences of a `dpo` row."""
    return len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"]))


def too_long(row: Row, max_length: int | None) -> bool:
    """Whether a `dpo` row has a sequence (prompt with an output) of more than `max_length` tokens. Nothing is ever
    cut: an output without its end would be trained as if it had none."""
    return max_length is not None and pair_length(row) > max_length
