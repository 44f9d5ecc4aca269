"""trl's trainers as tpobench uses them; `tests/tpo/trainer/test_methods.py` pins what they rely on in trl.

Preference training (DPO, the paper's section 2.2) runs on the token ids that were sampled, never on re-tokenised
text: chat templates may drop thoughts, and a text cut at the token limit must not be taught an end token. The
reference model is the model the job starts from; its log-probabilities are computed once, before the first step.
"""

from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from datasets import Dataset
from peft import LoraConfig
from torch import Tensor
from trl import DPOConfig, DPOTrainer, SFTConfig, SFTTrainer

from tpobench.harness.errors import UserError
from tpobench.harness.models.tokens import encode_messages, end_tokens
from tpobench.tpo.trainer.batches import LengthGrouped
from tpobench.tpo.trainer.epochs import kept_epochs, state_folder
from tpobench.tpo.trainer.forward import forward_shared, scoring_outputs_only
from tpobench.tpo.trainer.job import TrainJob
from tpobench.tpo.trainer.progress import Watch
from tpobench.tpo.trainer.saving import save_epoch, save_state


class ByEpoch:
    """What both trainers do: batches of similar length, and at the end of every epoch its folder, then the state.

    `lengths` are the tokens by which rows are batched, `tokens` those that an epoch trains on.
    """

    def __init__(self, job: TrainJob, watch: Watch, lengths: list[int], tokens: int, **settings: Any) -> None:
        self.job = job
        self._watch = watch
        self._lengths = lengths
        self._tokens = tokens
        super().__init__(callbacks=[watch], **settings)  # type: ignore[call-arg]

    def _get_train_sampler(self: Any, *_: Any) -> LengthGrouped:
        return LengthGrouped(self._lengths, self.job.batch_size * self.args.world_size, self.job.seed)

    def _save_checkpoint(self: Any, *_: Any) -> None:
        epoch = round(self.state.epoch)
        if epoch in kept_epochs(self.job):
            save_epoch(self, self.job, epoch, self._epoch_metrics())
        if epoch < self.job.epochs:
            save_state(self, self.job, epoch)

    def _epoch_metrics(self: Any) -> dict[str, float]:
        steps = self.state.max_steps // self.job.epochs
        logged = [entry for entry in self.state.log_history if "loss" in entry][-steps:]
        names = ("loss", "rewards/accuracies", "rewards/margins", "logps/chosen", "logps/rejected")
        means = {name: fmean(entry[name] for entry in logged) for name in names if name in logged[0]}
        speed = len(self._lengths) / self._watch.epoch_seconds()
        return means | {"samples_per_second": round(speed, 3), "tokens": self._tokens}


class SupervisedTrainer(ByEpoch, SFTTrainer):  # type: ignore[misc]
    """Learns the completions; the loss is a mean over the completion tokens of a step."""

    def compute_loss(self, *args: Any, **settings: Any) -> Any:
        with scoring_outputs_only():
            return super().compute_loss(*args, **settings)


_OF_A_PAIR = ("input_ids", "attention_mask", "completion_mask")
"""Of a batch, what has a row for every sequence: all chosen ones, then all rejected ones."""


class PreferenceTrainer(ByEpoch, DPOTrainer):  # type: ignore[misc]
    """Takes the dataset as it is, since it holds the sampled token ids, runs each prompt once, and knows IRPO."""

    def _prepare_dataset(self, dataset: Dataset, *_: Any) -> Dataset:
        return dataset

    _shares_prompts: bool | None = None
    """Whether a pair goes through the model as one row; found out with the first batch."""

    def compute_ref_log_probs(self, model: Any, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """The reference's log-probabilities of a batch: (pairs,) of the chosen, (pairs,) of the rejected outputs."""
        self._try_sharing(model, inputs)
        return self._reference(model, inputs)

    def _reference(self, model: Any, inputs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        with scoring_outputs_only():
            chosen, rejected = super().compute_ref_log_probs(lambda **given: self._forward(model, given), inputs)
        return chosen, rejected

    def _try_sharing(self, model: Any, inputs: dict[str, Tensor]) -> None:
        """Decide whether prompts can be shared, once: the first pair of the first batch, which is among the longest,
        goes through the model both ways. One with sliding windows or a recurrent state, say, gives other numbers."""
        if self._shares_prompts is not None:
            return
        self._shares_prompts = False
        if self.model.config._attn_implementation != "sdpa" or self.aux_loss_enabled:
            return
        pair = {name: torch.cat([side[:1] for side in inputs[name].chunk(2)]) for name in _OF_A_PAIR}
        plain = torch.cat(self._reference(model, pair))
        self._shares_prompts = True
        try:
            shared = torch.cat(self._reference(model, pair))
        except (TypeError, ValueError, RuntimeError) as error:
            if "memory" in str(error):
                raise
            self._shares_prompts = False
        else:
            tolerance = (0.02 if self.args.bf16 else 1e-4) * pair["completion_mask"].sum(dim=1)
            self._shares_prompts = bool(((shared - plain).abs() <= tolerance).all())

    def _forward(self, model: Any, settings: dict[str, Any]) -> Any:
        return forward_shared(model, settings) if self._shares_prompts else model(**settings)

    def _compute_loss(self, model: Any, inputs: dict[str, Tensor], return_outputs: bool) -> Any:
        """DPO, or with IRPO (arXiv 2404.19733, equation 1) DPO and the chosen outputs' negative log-likelihood.

        That is divided by each output's own length and averaged over outputs; trl's `sft` term averages over the
        tokens of a micro-batch, in which a long output weighs more than a short one.
        """
        self._try_sharing(model, inputs)
        outputs = []

        def recorded(**settings: Any) -> Any:
            outputs.append(self._forward(model, settings))
            return outputs[-1]

        with scoring_outputs_only():
            loss = super()._compute_loss(recorded, inputs, return_outputs)
        if self.job.loss == "irpo":
            chosen = outputs[0].log_probs.chunk(2)[0]
            lengths = inputs["completion_mask"].chunk(2)[0].sum(dim=1)
            loss = loss - self.job.nll_weight * (chosen.sum(dim=1) / lengths).mean()
        return loss


def supervised_trainer(job: TrainJob, model: Any, tokenizer: Any, watch: Watch, rows: list[Any]) -> SupervisedTrainer:
    """The trainer for rows of messages and completions.

    Args:
        job: What is trained, and how.
        model: The weights.
        tokenizer: The model's.
        watch: Shows and records the progress.
        rows: Messages, and the completion to learn.

    Raises:
        UserError: An example is longer than max_length.
    """

    end = end_tokens(job.model, tokenizer)[0]

    def encode(row: dict[str, Any]) -> dict[str, list[int]]:
        prompt = encode_messages(tokenizer, row["messages"])
        completion = tokenizer(row["completion"], add_special_tokens=False)["input_ids"] + [end]
        return {"input_ids": prompt + completion, "labels": [-100] * len(prompt) + completion}

    encoded = [encode(row) for row in rows]
    lengths = [len(row["input_ids"]) for row in encoded]
    if job.max_length is not None and max(lengths) > job.max_length:
        raise UserError(f"an example has {max(lengths)} tokens, more than max_length = {job.max_length}; raise it")
    return SupervisedTrainer(
        job,
        watch,
        lengths,
        sum(lengths),
        model=model,
        args=SFTConfig(**settings_of(job)),
        train_dataset=Dataset.from_list(encoded),
        processing_class=tokenizer,
        peft_config=_lora(job),
    )


def preference_trainer(job: TrainJob, model: Any, tokenizer: Any, watch: Watch, rows: list[Any]) -> PreferenceTrainer:
    """The trainer for pairs. Its reference log-probabilities are computed when this returns.

    Args:
        job: What is trained, and how.
        model: The weights.
        tokenizer: The model's.
        watch: Shows and records the progress.
        rows: The token ids of a prompt, the chosen and the rejected output.
    """
    tokens = sum(2 * len(row["prompt_ids"]) + len(row["chosen_ids"]) + len(row["rejected_ids"]) for row in rows)
    return PreferenceTrainer(
        job,
        watch,
        [len(row["prompt_ids"]) + len(row["chosen_ids"]) + len(row["rejected_ids"]) for row in rows],
        tokens,
        model=model,
        args=DPOConfig(
            **settings_of(job),
            beta=job.beta,
            loss_type=["sigmoid"],
            precompute_ref_log_probs=True,
            precompute_ref_batch_size=job.batch_size // job.accumulate,
            # trl would silence the adapter's dropout with the model's own
            disable_dropout=job.lora is None or not job.lora["dropout"],
        ),
        # read from a file, because trl hands the reference log-probabilities from process to process beside it
        train_dataset=Dataset.from_json(job.data, cache_dir=str(Path(job.output) / "rows.partial")),
        processing_class=tokenizer,
        peft_config=_lora(job),
    )


def settings_of(job: TrainJob) -> dict[str, Any]:
    """Trainer arguments shared by both methods; each one overrides a default that would harm.

    With bf16 the weights stay in fp32 and the computing is done in bf16 (autocast): at the learning rates of DPO most
    updates are smaller than what bf16 can add to a weight.
    """
    return {
        "output_dir": str(state_folder(job)),
        "per_device_train_batch_size": job.batch_size // job.accumulate,
        "gradient_accumulation_steps": job.accumulate,
        "num_train_epochs": job.epochs,
        "learning_rate": job.learning_rate,
        "lr_scheduler_type": "linear",
        "seed": job.seed,
        "max_length": None,
        "gradient_checkpointing": job.gradient_checkpointing,
        "bf16": job.precision == "bf16",
        "use_cpu": not torch.accelerator.is_available(),
        "logging_steps": 1,
        "logging_nan_inf_filter": False,
        "save_strategy": "epoch",
        "report_to": "none",
        "disable_tqdm": True,
        "dataloader_pin_memory": False,
    }


def _lora(job: TrainJob) -> LoraConfig | None:
    if job.lora is None:
        return None
    return LoraConfig(
        r=job.lora["r"],
        lora_alpha=job.lora["alpha"],
        lora_dropout=job.lora["dropout"],
        target_modules=job.lora["target_modules"],
        task_type="CAUSAL_LM",
    )
