"""What tpobench relies on in trl, and the losses by an independent computation; in this process, without a launcher."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import trl.trainer.utils
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import logsigmoid
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BertConfig,
    BertModel,
    MistralConfig,
    MistralForCausalLM,
    T5Config,
    T5ForConditionalGeneration,
)

from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import fingerprint, is_complete
from tpobench.tpo.trainer.epochs import epoch_folder
from tpobench.tpo.trainer.job import TrainJob
from tpobench.tpo.trainer.methods import PreferenceTrainer
from tpobench.tpo.trainer.progress import Watch
from tpobench.tpo.trainer.train import train, trainer_for

PAIRS = [
    {"prompt_ids": [1, 4093, 198], "chosen_ids": [30, 31, 32, 77, 78, 2], "rejected_ids": [40, 41]},
    {"prompt_ids": [1, 4093, 198, 77], "chosen_ids": [30, 33, 2], "rejected_ids": [44, 45, 46, 47, 48, 2]},
]
LORA = {"r": 4, "alpha": 8, "dropout": 0.0, "target_modules": "all-linear"}


@pytest.fixture(autouse=True)
def _without_telemetry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "1")  # trl then sends none


def written(model: Path, output: Path, rows: list[dict[str, Any]] = PAIRS, **settings: object) -> TrainJob:
    """A job with its data on disk, as run_job leaves it for the trainer."""
    values = {"method": "dpo", "learning_rate": 1e-3, "epochs": 1, "batch_size": 2, "seed": 0} | settings
    job = TrainJob(model=str(model), output=str(output), data=f"{output}.jsonl", **values)  # type: ignore[arg-type]
    job.write(rows)
    return job


def token_log_probs(model: Any, prompt: list[int], completion: list[int]) -> Tensor:
    """By the model's plain forward pass over one unpadded sequence, of the completion's tokens."""
    logits = model(input_ids=torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1]
    return logits.log_softmax(-1)[torch.arange(len(completion)), torch.tensor(completion)]


def reference(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


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


def test_a_prompt_goes_through_the_model_once_and_only_outputs_are_scored(tiny_model: Path, tmp_path: Path) -> None:
    trainer = trainer_for(written(tiny_model, tmp_path / "c"))
    (batch,) = trainer.get_train_dataloader()
    seen: dict[str, int] = {}
    model = trainer.model
    model.model.register_forward_hook(lambda _, __, out: seen.update(tokens=out.last_hidden_state[..., 0].numel()))
    apply = trl.trainer.utils._ChunkedLogProbFunction.apply
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            trl.trainer.utils._ChunkedLogProbFunction, "apply", lambda h, *a: seen.update(scored=len(h)) or apply(h, *a)
        )
        trainer.compute_loss(model, batch)
    # 3 + 6 + 1 + 2 and 4 + 3 + 1 + 6 tokens are rows of 14; trl's own are four rows of 10
    assert seen == {"tokens": 2 * 14, "scored": 6 + 2 + 3 + 6}


def test_a_model_with_sliding_windows_runs_pairs_as_two_rows(tiny_model: Path, tmp_path: Path) -> None:
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    config = MistralConfig(**sizes, num_key_value_heads=1, vocab_size=49152, sliding_window=3, initializer_range=0.5)
    MistralForCausalLM(config).save_pretrained(tmp_path / "m")
    AutoTokenizer.from_pretrained(tiny_model).save_pretrained(tmp_path / "m")
    trainer = trainer_for(written(tmp_path / "m", tmp_path / "c"))
    assert trainer._shares_prompts is False
    with torch.no_grad():
        wanted = token_log_probs(reference(tmp_path / "m"), PAIRS[0]["prompt_ids"], PAIRS[0]["chosen_ids"]).sum()
    found = next(row for row in trainer.train_dataset if row["chosen_ids"] == PAIRS[0]["chosen_ids"])
    assert found["ref_chosen_logps"] == pytest.approx(float(wanted), abs=1e-3)


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


def test_lora_checkpoints_are_whole_models_with_the_adapter_beside(tiny_model: Path, tmp_path: Path) -> None:
    from peft import PeftModel

    job = written(tiny_model, tmp_path / "c", lora=LORA, epochs=2, precision="bf16")
    train(job)
    folder = epoch_folder(job, 2)
    assert is_complete(folder)
    merged, start = load_file(folder / "model.safetensors"), load_file(tiny_model / "model.safetensors")
    assert merged.keys() == start.keys()
    assert {str(tensor.dtype) for tensor in merged.values()} == {"torch.float32"}
    adapted = PeftModel.from_pretrained(reference(tiny_model), str(folder / "adapter")).eval()
    pair = PAIRS[0]
    with torch.no_grad():
        found, wanted, before = (
            token_log_probs(model, pair["prompt_ids"], pair["chosen_ids"])
            for model in (reference(folder), adapted, reference(tiny_model))
        )
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)
    assert float((found - before).abs().max()) > 1e-4


def test_a_run_with_dropout_goes_on_with_the_same_random_numbers(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lora = LORA | {"dropout": 0.5}
    whole, broken = (written(tiny_model, tmp_path / name, PAIRS * 2, lora=lora, epochs=3) for name in "ab")
    train(whole)
    began = Watch.on_epoch_begin

    def stop_in_the_third(self: Watch, args: Any, state: Any, *rest: Any, **more: Any) -> None:
        began(self)
        if state.epoch and round(state.epoch) == 2:
            raise InterruptedError

    monkeypatch.setattr(Watch, "on_epoch_begin", stop_in_the_third)
    with pytest.raises(InterruptedError):
        train(broken)
    monkeypatch.setattr(Watch, "on_epoch_begin", began)
    assert [state.name for state in (tmp_path / "b" / "state").glob("epoch-*")] == ["epoch-2"]
    train(broken)
    assert fingerprint(epoch_folder(whole, 3)) == fingerprint(epoch_folder(broken, 3))


def test_supervised_learning_trains_the_completion_and_leaves_its_last_epoch(tiny_model: Path, tmp_path: Path) -> None:
    rows = [{"messages": [{"role": "user", "content": "Say hi."}], "completion": "hi there"}] * 4
    settings = {"method": "sft", "epochs": 2}
    first, second = (written(tiny_model, tmp_path / name, rows, **settings) for name in "ab")
    for job in (first, second):
        train(job)
    folder = epoch_folder(first, 2)
    assert fingerprint(folder) == fingerprint(epoch_folder(second, 2)) != fingerprint(tiny_model)
    assert not epoch_folder(first, 1).exists()
    assert set(json.loads((folder / "training.json").read_text())["metrics"]) == {
        "loss",
        "samples_per_second",
        "tokens",
    }
    trainer = trainer_for(replace(first, output=str(tmp_path / "d")))
    labels = next(iter(trainer.get_train_dataloader()))["labels"][0]
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    assert tokenizer.decode(labels[labels != -100]) == "hi there" + tokenizer.eos_token
    with pytest.raises(UserError, match="more than max_length = 5"):
        trainer_for(replace(first, max_length=5))


def test_a_loss_that_is_no_number_stops_and_leaves_no_checkpoint(tiny_model: Path, tmp_path: Path) -> None:
    job = written(tiny_model, tmp_path / "c", PAIRS * 4, learning_rate=1e20)
    with pytest.raises(UserError, match=r"became (nan|inf) at step \d+; lower learning_rate"):
        train(job)
    assert not epoch_folder(job, 1).exists()


def test_models_that_cannot_be_trained_are_refused_with_a_sentence(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    sizes = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    t5 = T5ForConditionalGeneration(T5Config(vocab_size=99, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=1))
    for name, model in (("encoder", BertModel(BertConfig(**sizes, vocab_size=99))), ("t5", t5)):
        model.save_pretrained(tmp_path / name)
        tokenizer.save_pretrained(tmp_path / name)
        with pytest.raises(UserError, match="is not a causal language model"):
            trainer_for(written(tmp_path / name, tmp_path / "c"))
    with pytest.raises(UserError, match=r"lora.target_modules does not fit .*\bnone_such\b"):
        trainer_for(written(tiny_model, tmp_path / "c", lora=LORA | {"target_modules": ["none_such"]}))
    reference(tiny_model).save_pretrained(tmp_path / "endless")
    tokenizer.eos_token = None
    tokenizer.save_pretrained(tmp_path / "endless")
    with pytest.raises(UserError, match="has no end token"):
        trainer_for(written(tmp_path / "endless", tmp_path / "c"))


def test_a_tokenizer_without_padding_keeps_its_files(tiny_model: Path, tmp_path: Path) -> None:
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    tokenizer.pad_token = None
    reference(tiny_model).save_pretrained(tmp_path / "m")
    tokenizer.save_pretrained(tmp_path / "m")
    job = written(tmp_path / "m", tmp_path / "c")
    train(job)
    assert AutoTokenizer.from_pretrained(epoch_folder(job, 1)).pad_token is None


def test_a_launcher_that_starts_fewer_processes_than_asked_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    config = tmp_path / "two.yaml"
    config.write_text("distributed_type: MULTI_CPU\nuse_cpu: true\nnum_processes: 2\n")
    with pytest.raises(UserError, match="asks for 2 processes and accelerate started 1"):
        trainer_for(written(tiny_model, tmp_path / "c", launch=str(config)))
