"""Jobs for the trainer's tests, and the trainer in this process, which saves the seconds that its start takes."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from tpobench.tpo.trainer.job import TrainJob
from tpobench.tpo.trainer.process import OnProgress

PAIRS: list[dict[str, Any]] = [
    {"prompt_ids": [1, 4093, 198], "chosen_ids": [30, 31, 32, 77, 78, 2], "rejected_ids": [40, 41]},
    {"prompt_ids": [1, 4093, 198, 77], "chosen_ids": [30, 33, 2], "rejected_ids": [44, 45, 46, 47, 48, 2]},
]
LORA: dict[str, Any] = {"r": 4, "alpha": 8, "dropout": 0.0, "target_modules": "all-linear"}


def job(model: Path, output: Path, **settings: object) -> TrainJob:
    """DPO on `model`, one epoch of batches of two."""
    values = {"method": "dpo", "learning_rate": 1e-3, "epochs": 1, "batch_size": 2, "seed": 0} | settings
    return TrainJob(model=str(model), output=str(output), data=f"{output}.jsonl", **values)  # type: ignore[arg-type]


def written(model: Path, output: Path, rows: list[dict[str, Any]] = PAIRS, **settings: object) -> TrainJob:
    """A job with its data on disk, as run_job leaves it for the trainer."""
    made = job(model, output, **settings)
    made.write(rows)
    return made


def train_here(job_file: Path, launch: str | None, log_file: Path, on_progress: OnProgress) -> tuple[int, str | None]:
    """Stands in for `run_trainer`: trains in this process and then tells the steps, in place of a process that does."""
    from tpobench.tpo.trainer.train import train

    with redirect_stdout(io.StringIO()) as told:
        train(TrainJob(**json.loads(job_file.read_text(encoding="utf-8"))))
    for line in told.getvalue().splitlines():
        if line.startswith('{"step"'):
            event = json.loads(line)
            on_progress(event["step"], event["of"], event["loss"])
    return 0, None


def token_log_probs(model: Any, prompt: list[int], completion: list[int]) -> Any:
    """By the model's plain forward pass over one unpadded sequence, of the completion's tokens."""
    import torch

    logits = model(input_ids=torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1]
    return logits.log_softmax(-1)[torch.arange(len(completion)), torch.tensor(completion)]


def reference(folder: Path) -> Any:
    """The model as it is on disk, without any trainer."""
    import torch
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def put_decoys(folder: Path) -> None:
    """Modules that break whoever imports them, called like ours and like those that the trainer needs."""
    for name in ("tpobench", "tpo", "harness", "torch", "yaml"):
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text("raise ImportError('a decoy')")
