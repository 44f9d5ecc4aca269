"""A job in this process: the model is loaded, trained, and its epochs are saved."""

import json
from pathlib import Path
from typing import Any

import torch
from transformers import set_seed

from tpobench.harness.config import read_yaml
from tpobench.harness.errors import UserError
from tpobench.harness.models.tokens import end_tokens, load_tokenizer
from tpobench.harness.models.weights import load_language_model
from tpobench.tpo.trainer.epochs import last_state
from tpobench.tpo.trainer.job import JOB_PLACEHOLDER, TrainJob
from tpobench.tpo.trainer.methods import preference_trainer, supervised_trainer
from tpobench.tpo.trainer.progress import Watch


def train(job: TrainJob) -> None:
    """Run the job from its last state; leaves a sealed folder for every epoch that is kept.

    Raises UserError for a model or settings that cannot be trained, and for a loss that is not a number.
    """
    trainer = trainer_for(job)
    state = last_state(job)
    trainer.train(resume_from_checkpoint=None if state is None else str(state))


def trainer_for(job: TrainJob) -> Any:
    """The job's trainer, before its first step; raises UserError for a model or settings that cannot be trained."""
    set_seed(job.seed)
    model, tokenizer = _load(job)
    with Path(job.data).open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    build = supervised_trainer if job.method == "sft" else preference_trainer
    try:
        trainer = build(job, model, tokenizer, Watch(), rows)
    except ValueError as error:
        if job.lora is not None and "arget modules" in str(error):
            raise UserError(f"lora.target_modules does not fit {job.model}: {error}") from error
        raise
    _require_processes(job, trainer)
    return trainer


def _load(job: TrainJob) -> tuple[Any, Any]:
    """The model in fp32 and its tokenizer, which has a token to pad with."""
    tokenizer = load_tokenizer(job.model)
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token_id = end_tokens(job.model, tokenizer)[0]  # padding is masked: it is never trained on
    return load_language_model(job.model, torch.float32), tokenizer


def _require_processes(job: TrainJob, trainer: Any) -> None:
    """The launcher starts a single process for some settings that ask for more, and batches would be smaller."""
    if job.launch is None or JOB_PLACEHOLDER in job.launch:
        return
    processes = read_yaml(Path(job.launch)).get("num_processes", 1)
    started = trainer.args.world_size
    if started != processes:
        raise UserError(
            f"{job.launch} asks for {processes} processes and accelerate started {started}; for several processes on "
            "CPUs give distributed_type: MULTI_GPU with use_cpu: true"
        )
