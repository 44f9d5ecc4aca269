"""Trains one job: ``python -m tpo.trainer JOB.json``, or the same under ``accelerate launch``.

Only this file and those beside it named trainer_* import trl. A reason to stop that the user can mend is told as a
line of JSON on the standard output; the process ends when its standard input does.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.tpo.trainer.job import JOB_PLACE, TrainJob, last_state


def train(job: TrainJob) -> None:
    """Run the job from its last state; leaves a sealed folder for every epoch that is kept.

    Raises UserError for a model or settings that cannot be trained, and for a loss that is no number.
    """
    trainer = trainer_for(job)
    state = last_state(job)
    trainer.train(resume_from_checkpoint=None if state is None else str(state))


def trainer_for(job: TrainJob) -> Any:
    """The job's trainer, before its first step; raises UserError for a model or settings that cannot be trained."""
    from transformers import set_seed

    from tpobench.tpo.trainer.methods import preference_trainer, supervised_trainer
    from tpobench.tpo.trainer.progress import Watch

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
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(job.model)
    if tokenizer.eos_token_id is None:
        raise UserError(
            f"the tokenizer of {job.model} has no end token, so no output could be taught to end; name one as "
            "eos_token in its tokenizer_config.json"
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token  # padding is masked: it is never trained on
    try:
        model, found = AutoModelForCausalLM.from_pretrained(job.model, dtype=torch.float32, output_loading_info=True)
    except ValueError as error:
        if "Unrecognized configuration class" not in str(error):
            raise
        raise UserError(f"{job.model} is no causal language model; only those can be trained") from error
    if found["missing_keys"]:
        raise UserError(
            f"{job.model} is no causal language model: it lacks {', '.join(sorted(found['missing_keys'])[:3])}; take a "
            "checkpoint that generates text"
        )
    return model, tokenizer


def _require_processes(job: TrainJob, trainer: Any) -> None:
    """The launcher starts a single process for some settings that ask for more, and batches would be smaller."""
    if job.launch is None or JOB_PLACE in job.launch:
        return
    import yaml

    asked = yaml.safe_load(Path(job.launch).read_text(encoding="utf-8")).get("num_processes", 1)
    if trainer.args.world_size != asked:
        raise UserError(
            f"{job.launch} asks for {asked} processes and accelerate started {trainer.args.world_size}; for several "
            "processes on CPUs give distributed_type: MULTI_GPU with use_cpu: true"
        )


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: two trainers must never write one checkpoint. A launcher
    between them hands its standard input on."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    _end_with_parent()
    job = TrainJob(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    try:
        train(job)
    except Exception as error:
        reason = str(error) if isinstance(error, UserError) else _out_of_memory(error)
        if reason is None:
            raise
        from tpobench.tpo.trainer.progress import tell

        tell({"reason": reason})
        sys.exit(1)


def _out_of_memory(error: Exception) -> str | None:
    text = str(error)
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return "memory ran out; try a smaller batch_size or more accumulate, gradient_checkpointing, or lora"
    return None


if __name__ == "__main__":
    main()
