"""What tpobench relies on in trl, and the losses by an independent computation; in this process, without a launcher."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import logsigmoid
from transformers import AutoTokenizer

from tests.tpo.trainer.jobs import LORA, PAIRS, reference, token_log_probs, written
from tpobench.harness.errors import UserError
from tpobench.tpo.trainer.methods import PreferenceTrainer
from tpobench.tpo.trainer.train import trainer_for


@pytest.mark.parametrize(("loss", "nll_weight"), [("dpo", 1.0), ("irpo", 1.0), ("irpo", 0.3)])
def test_the_loss_and_its_gradient_are_those_of_the_papers(
    tiny_model: Path, tmp_path: Path, loss: str, nll_weight: float
) -> None:
    """mean over pairs of -log sigmoid(beta (chosen - rejected log-ratio)) + weight x NLL(chosen) / |chosen|."""
    trainer = trainer_for(written(tiny_model, tmp_path / "c", loss=loss, nll_weight=nll_weight, beta=0.5))
    policy, start = trainer.model, reference(tiny_model)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in policy.parameters():
            parameter += 0.02 * torch.randn_like(parameter)  # a policy that is not its reference
    (batch,) = trainer.get_train_dataloader()
    found = trainer.compute_loss(policy, batch)
    found.backward()
    gradient = policy.get_input_embeddings().weight.grad.clone()
    policy.zero_grad()

    losses = []
    for pair in PAIRS:
        chosen, rejected = (
            token_log_probs(policy, pair["prompt_ids"], pair[n]) for n in ("chosen_ids", "rejected_ids")
        )
        with torch.no_grad():
            before = [token_log_probs(start, pair["prompt_ids"], pair[n]).sum() for n in ("chosen_ids", "rejected_ids")]
        margin = (chosen.sum() - before[0]) - (rejected.sum() - before[1])
        irpo = nll_weight * -chosen.mean() if loss == "irpo" else 0.0
        losses.append(-logsigmoid(0.5 * margin) + irpo)
    wanted = torch.stack(losses).mean()
    wanted.backward()
    assert float(found.detach()) == pytest.approx(float(wanted.detach()), abs=1e-5)
    torch.testing.assert_close(gradient, policy.get_input_embeddings().weight.grad, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("lora", [None, LORA])
def test_the_reference_is_the_starting_checkpoint_and_is_computed_once(
    tiny_model: Path, tmp_path: Path, lora: dict[str, Any] | None
) -> None:
    trainer = trainer_for(written(tiny_model, tmp_path / "c", lora=lora))
    assert trainer.ref_model is None  # no second model in memory
    start = reference(tiny_model)
    for row in trainer.train_dataset:
        for side in ("chosen", "rejected"):
            with torch.no_grad():
                wanted = float(token_log_probs(start, row["prompt_ids"], row[f"{side}_ids"]).sum())
            assert row[f"ref_{side}_logps"] == pytest.approx(wanted, abs=1e-3)


def test_the_sampled_ids_go_through_untouched(tiny_model: Path, tmp_path: Path) -> None:
    """Nothing is re-tokenised or cut, and no end token is put after an output that was cut at the token limit."""
    long = {"prompt_ids": [1] * 10, "chosen_ids": [30] * 1030, "rejected_ids": [40] * 3}
    trainer = trainer_for(written(tiny_model, tmp_path / "c", [*PAIRS, long], batch_size=3))
    kept = [{name: row[name] for name in long} for row in trainer.train_dataset]
    assert kept == [long, PAIRS[1], PAIRS[0]]  # longest first
    (batch,) = trainer.get_train_dataloader()
    real = [ids[mask.bool()].tolist() for ids, mask in zip(batch["input_ids"], batch["attention_mask"], strict=True)]
    trained = [ids[m.bool()].tolist() for ids, m in zip(batch["input_ids"], batch["completion_mask"], strict=True)]
    for side, start in (("chosen_ids", 0), ("rejected_ids", 3)):
        assert sorted(real[start : start + 3]) == sorted(pair["prompt_ids"] + pair[side] for pair in [*PAIRS, long])
        assert sorted(trained[start : start + 3]) == sorted(pair[side] for pair in [*PAIRS, long])


def test_the_defaults_that_would_harm_are_overridden(tiny_model: Path, tmp_path: Path) -> None:
    job = written(tiny_model, tmp_path / "c", batch_size=4, accumulate=2, beta=0.25)
    trainer = trainer_for(job)
    assert isinstance(trainer, PreferenceTrainer)
    args = trainer.args
    assert (args.per_device_train_batch_size, args.gradient_accumulation_steps, args.beta) == (2, 2, 0.25)
    assert (args.max_length, args.bf16, args.logging_nan_inf_filter) == (None, False, False)
    assert trainer.data_collator.max_length is None
    assert not trainer.model.is_gradient_checkpointing
    assert next(trainer.model.parameters()).dtype == torch.float32
    tuned = trainer_for(replace(job, gradient_checkpointing=True, precision="bf16"))
    tuned.train()
    assert tuned.model.is_gradient_checkpointing
    assert tuned.args.bf16
    assert next(tuned.model.parameters()).dtype == torch.float32


def test_an_adapters_dropout_is_kept(tiny_model: Path, tmp_path: Path) -> None:
    job = written(tiny_model, tmp_path / "c", lora=LORA | {"dropout": 0.25})
    dropouts = [m.p for name, m in trainer_for(job).model.named_modules() if "lora_dropout.default" in name]
    assert dropouts
    assert set(dropouts) == {0.25}


def test_supervised_learning_trains_the_completion_alone(tiny_model: Path, tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": "Say hi."}], "completion": "hi there"}]
    hello = written(tiny_model, tmp_path / "c", rows, method="sft")
    labels = next(iter(trainer_for(hello).get_train_dataloader()))["labels"][0]
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    assert tokenizer.decode(labels[labels != -100]) == "hi there" + tokenizer.eos_token
    with pytest.raises(UserError, match="more than max_length = 5"):
        trainer_for(replace(hello, max_length=5))
