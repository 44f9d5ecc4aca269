"""What an epoch leaves on disk: a sealed model folder, and the state to continue from."""

import json
import shutil
from pathlib import Path

from transformers import Trainer

from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import require_model_folder, seal
from tpobench.harness.models.tokens import load_tokenizer
from tpobench.harness.models.weights import load_language_model
from tpobench.tpo.trainer.epochs import epoch_folder, last_state, partial_folder, state_folder
from tpobench.tpo.trainer.job import TrainJob


def save_epoch(trainer: Trainer, job: TrainJob, epoch: int, metrics: dict[str, float]) -> None:
    """Write the epoch's model folder in the dtype that was trained in, and name it when it is complete.

    Every process calls this, since sharded weights are gathered from all; the first one writes. With LoRA the folder
    holds the merged weights, and the adapter is beside them in ``adapter``. They are merged in a fresh copy of the
    starting model: merging and unmerging in place would round the weights that training continues with.
    """
    folder = epoch_folder(job, epoch)
    partial = partial_folder(folder)
    if trainer.is_world_process_zero():
        shutil.rmtree(partial, ignore_errors=True)
    trainer.accelerator.wait_for_everyone()
    trained = partial if job.lora is None else partial / "adapter"
    trainer.save_model(str(trained))
    if trainer.is_world_process_zero():
        if not list(trained.glob("*.safetensors")):
            raise UserError(
                f"the weights were not gathered from all processes; set fsdp_state_dict_type: FULL_STATE_DICT (or "
                f"zero3_save_16bit_model: true) in {job.launch}"
            )
        (trained / "training_args.bin").unlink(missing_ok=True)
        if job.lora is not None:
            _merge(job, partial)
        # the trainer's own tokenizer may have been given a token to pad with
        load_tokenizer(job.model).save_pretrained(partial)
        notes = {"method": job.method, "epoch": epoch, "metrics": metrics}
        (partial / "training.json").write_text(json.dumps(notes, indent=2), encoding="utf-8")
        require_model_folder(partial)
        seal(partial)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    trainer.accelerator.wait_for_everyone()


def _merge(job: TrainJob, folder: Path) -> None:
    import torch
    from peft import PeftModel

    start = load_language_model(job.model, torch.float32)
    PeftModel.from_pretrained(start, str(folder / "adapter")).merge_and_unload().save_pretrained(folder)


def save_state(trainer: Trainer, job: TrainJob, epoch: int) -> None:
    """Keep everything that the next epoch needs (weights, optimizer, schedule, random numbers) instead of what the one
    before kept. Every process calls this."""
    Trainer._save_checkpoint(trainer, trainer.model, None)  # trl's own adds a model card
    trainer.accelerator.wait_for_everyone()
    if trainer.is_world_process_zero():
        before = last_state(job)
        (state_folder(job) / f"checkpoint-{trainer.state.global_step}").rename(state_folder(job) / f"epoch-{epoch}")
        if before is not None:
            shutil.rmtree(before)
