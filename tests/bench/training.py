"""Speed of preference training against trl's own defaults: `make bench`.

The same pairs, model, precision, batch size and learning rate, three epochs each, taking turns in one process. trl's
defaults compute the reference at every step, take batches as they come and recompute activations (gradient
checkpointing); the second row compares with that switched off. Pairs per second count the reference pass. On a machine
that others use as well, the ratio by CPU time is the steadier one.
"""

import argparse
import os
import random
import shutil
import statistics
import tempfile
import time
from dataclasses import dataclass
from typing import Any

os.environ |= {"HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1", "HF_DATASETS_DISABLE_PROGRESS_BARS": "1"}

import torch
from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, PrinterCallback
from trl import DPOConfig, DPOTrainer

from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.resolve import embedded_folder
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.models.tokens import encode_messages
from tpobench.tpo.trainer.job import TrainJob
from tpobench.tpo.trainer.train import trainer_for

EPOCHS, BATCH, BETA, RATE = 3, 4, 0.1, 1e-6


@dataclass(frozen=True)
class Measured:
    per_second: float
    per_cpu_second: float
    first_loss: float
    last_loss: float


@dataclass(frozen=True)
class Started:
    wall: float
    cpu: float


def pairs_of(tokenizer: Any, mode: Mode, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The same pairs as token ids and as conversations; outputs of 20 to 200 tokens, short ones more often."""
    draw = random.Random(0)
    prompts = starter_prompts("validation")[:count]
    words = " ".join(prompt.text for prompt in prompts).split()
    ids, texts = [], []
    for prompt in prompts:
        outputs = []
        for _ in range(2):
            text = " ".join(draw.choices(words, k=300))
            cut = tokenizer(text)["input_ids"][: round(20 * 10 ** draw.random())]
            outputs.append(tokenizer.decode(cut))
        messages = mode.messages(prompt.text)
        chosen, rejected = ([*tokenizer(text)["input_ids"], tokenizer.eos_token_id] for text in outputs)
        ids.append({"prompt_ids": encode_messages(tokenizer, messages), "chosen_ids": chosen, "rejected_ids": rejected})
        answers = [[{"role": "assistant", "content": text}] for text in outputs]
        texts.append({"prompt": [dict(m) for m in messages], "chosen": answers[0], "rejected": answers[1]})
    return ids, texts


def ours(folder: str, rows: list[dict[str, Any]]) -> Measured:
    with tempfile.TemporaryDirectory() as scratch:
        job = TrainJob(
            method="dpo",
            model=folder,
            output=f"{scratch}/c",
            data=f"{scratch}/rows.jsonl",
            learning_rate=RATE,
            epochs=EPOCHS,
            batch_size=BATCH,
            seed=0,
            beta=BETA,
        )
        job.write(rows)
        started = Started(time.monotonic(), time.process_time())
        trainer = trainer_for(job)
        trainer.args.save_strategy = "no"
        return measured(trainer, started, len(rows))


def plain(folder: str, rows: list[dict[str, Any]], checkpointing: bool) -> Measured:
    scratch = tempfile.mkdtemp()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    started = Started(time.monotonic(), time.process_time())
    trainer = DPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
        args=DPOConfig(
            output_dir=scratch,
            num_train_epochs=EPOCHS,
            per_device_train_batch_size=BATCH,
            learning_rate=RATE,
            beta=BETA,
            max_length=None,
            bf16=False,
            use_cpu=True,
            gradient_checkpointing=checkpointing,
            seed=0,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
    )
    result = measured(trainer, started, len(rows))
    shutil.rmtree(scratch)
    return result


def measured(trainer: Any, started: Started, rows: int) -> Measured:
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    seconds, cpu_seconds = time.monotonic() - started.wall, time.process_time() - started.cpu
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    last = losses[-len(losses) // EPOCHS :]
    return Measured(EPOCHS * rows / seconds, EPOCHS * rows / cpu_seconds, losses[0], statistics.fmean(last))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=24)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--mode", default="direct")
    options = parser.parse_args()
    folder = str(embedded_folder())
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids, texts = pairs_of(tokenizer, DIRECT if options.mode == "direct" else mode_named(options.mode), options.pairs)
    ways = {
        "trl, defaults": lambda: plain(folder, texts, checkpointing=True),
        "trl, gradient checkpointing off": lambda: plain(folder, texts, checkpointing=False),
        "tpobench": lambda: ours(folder, ids),
    }
    found: dict[str, list[Measured]] = {name: [] for name in ways}
    for _ in range(options.rounds):
        for name, way in ways.items():
            found[name].append(way())
            print(f"{name}: {found[name][-1]}", flush=True)
    print(f"\n{options.pairs} pairs, {EPOCHS} epochs, {options.mode}, {torch.get_num_threads()} threads")
    print("| trainer | pairs/s | tpobench over it | the same by CPU time | first loss | last epoch's loss |")
    print("|---|---|---|---|---|---|")
    wall, cpu = (
        {name: statistics.median(getattr(run, field) for run in runs) for name, runs in found.items()}
        for field in ("per_second", "per_cpu_second")
    )
    for name, runs in found.items():
        ratios = f"{wall['tpobench'] / wall[name]:.2f} | {cpu['tpobench'] / cpu[name]:.2f}"
        print(f"| {name} | {wall[name]:.2f} | {ratios} | {runs[0].first_loss:.4f} | {runs[0].last_loss:.4f} |")


if __name__ == "__main__":
    main()
