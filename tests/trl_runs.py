"""Folders as trl's trainer leaves them: full checkpoints and LoRA adapters, a save every step."""

from pathlib import Path
from typing import Any

STEPS = 2


def trl_run(model: Path, folder: Path, **settings: Any) -> Path:
    """Fine-tune a small model for two steps; the folder then holds ``checkpoint-1`` and ``checkpoint-2``. With
    ``peft_config`` they are adapters."""
    from datasets import Dataset
    from trl import SFTConfig, SFTTrainer

    rows = [{"prompt": f"Say {word}.", "completion": f" {word}."} for word in ("yes", "no", "so", "now")]
    config = SFTConfig(
        output_dir=str(folder),
        max_steps=STEPS,
        save_steps=1,
        per_device_train_batch_size=2,
        learning_rate=0.02,
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
        dataloader_pin_memory=False,
    )
    SFTTrainer(model=str(model), args=config, train_dataset=Dataset.from_list(rows), **settings).train()
    return folder
