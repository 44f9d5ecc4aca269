"""Trains one checkpoint: ``python -m tpo.trainer JOB.json``. The only file that imports trl.

Preference training (DPO, the paper's section 2.2) runs on the token ids that were sampled, never on re-tokenised
text: chat templates may drop thoughts, and a text cut at the token limit must not be taught an end token. The
reference model is the model the job starts from.
"""

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from harness.chat import encode_messages
from harness.checkpoints import seal
from tpo.jobs import TrainJob, partial_folder


def _die_with_parent() -> None:
    """End this process when the one that started it is gone: two trainers must never write one checkpoint."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _rows(job: TrainJob) -> list[dict[str, Any]]:
    with Path(job.data).open(encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def _settings(job: TrainJob) -> dict[str, Any]:
    """Trainer arguments shared by both methods; each one overrides a default that would harm."""
    return {
        "output_dir": str(partial_folder(Path(job.output))),
        "per_device_train_batch_size": job.batch_size,
        "num_train_epochs": job.epochs,
        "learning_rate": job.learning_rate,
        "lr_scheduler_type": "linear",
        "seed": job.seed,
        "max_length": None,
        "train_sampling_strategy": "group_by_length",
        "gradient_checkpointing": False,
        "bf16": False,
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def _sft_trainer(job: TrainJob, model: Any, tokenizer: Any, callbacks: list[Any]) -> Any:
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    def encode(row: dict[str, Any]) -> dict[str, list[int]]:
        prompt = encode_messages(tokenizer, row["messages"])
        completion = tokenizer(row["completion"], add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]
        return {"input_ids": prompt + completion, "labels": [-100] * len(prompt) + completion}

    return SFTTrainer(
        model=model,
        args=SFTConfig(**_settings(job)),
        train_dataset=Dataset.from_list([encode(row) for row in _rows(job)]),
        processing_class=tokenizer,
        callbacks=callbacks,
    )


def _dpo_trainer(job: TrainJob, model: Any, tokenizer: Any, callbacks: list[Any]) -> Any:
    from datasets import Dataset
    from trl import DPOConfig, DPOTrainer

    class SampledIdsDPOTrainer(DPOTrainer):  # type: ignore[misc]
        """Takes the dataset as it is: it already holds the sampled token ids."""

        def _prepare_dataset(self, dataset: Any, *args: Any, **kwargs: Any) -> Any:
            return dataset

    rows = [row | {"length": len(row["prompt_ids"]) + len(row["chosen_ids"])} for row in _rows(job)]
    return SampledIdsDPOTrainer(
        model=model,
        args=DPOConfig(
            **_settings(job),
            remove_unused_columns=False,  # "length" is needed to group by it
            beta=job.beta,
            loss_type=["sigmoid"],
            precompute_ref_log_probs=True,
            precompute_ref_batch_size=job.batch_size,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        callbacks=callbacks,
    )


def _closing_metrics(log_history: list[dict[str, float]]) -> dict[str, float]:
    """Means over the last quarter of the logged steps: loss, and for DPO the implicit-reward diagnostics."""
    steps = [entry for entry in log_history if "loss" in entry]
    last = steps[-max(1, len(steps) // 4) :]
    names = ("loss", "rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected")
    return {name: sum(entry[name] for entry in last) / len(last) for name in names if name in last[0]}


def train(job: TrainJob) -> None:
    """Run the job and leave a sealed checkpoint folder under ``job.output``."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback, set_seed

    class ReportSteps(TrainerCallback):  # type: ignore[misc]
        def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
            if logs and "loss" in logs:
                event = {"step": state.global_step, "of": state.max_steps, "loss": round(float(logs["loss"]), 4)}
                print(json.dumps(event), flush=True)

    set_seed(job.seed)
    tokenizer = AutoTokenizer.from_pretrained(job.model)
    model = AutoModelForCausalLM.from_pretrained(job.model, dtype=torch.float32)
    build = _sft_trainer if job.method == "sft" else _dpo_trainer
    trainer = build(job, model, tokenizer, [ReportSteps()])
    trainer.train()

    partial = partial_folder(Path(job.output))
    model.save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    notes = {"method": job.method, "metrics": _closing_metrics(trainer.state.log_history)}
    (partial / "training.json").write_text(json.dumps(notes, indent=2), encoding="utf-8")
    seal(partial)
    partial.rename(job.output)


if __name__ == "__main__":
    _die_with_parent()
    train(TrainJob(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))))
