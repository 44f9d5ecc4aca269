"""LoRA folders as models: the base is found, both are the identity, and what is sampled is the merged model."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.families import build_family
from tpobench.harness.errors import UserError
from tpobench.harness.models.checkpoints import fingerprint, require_model_folder
from tpobench.harness.models.parts import BASE_VARIABLE, borrowed_tokenizer, model_parts
from tpobench.harness.models.weights import load_language_model
from tpobench.harness.records import Model, Request, SamplingParams
from tpobench.harness.samplers.local import LocalSampler


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_family(tmp_path_factory.mktemp("models") / "base", "llama")


def lora(base: Path, folder: Path, **settings: Any) -> Path:
    """A LoRA folder that changes much, as peft writes it, and beside it what a trainer leaves."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(1)
    model = get_peft_model(
        AutoModelForCausalLM.from_pretrained(base),
        LoraConfig(r=4, lora_alpha=16, target_modules=["q_proj", "down_proj"], task_type="CAUSAL_LM", **settings),
    )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "lora_" in name:
                parameter.normal_(0, 0.3)
    model.save_pretrained(folder)
    for leftover in ("optimizer.pt", "training_args.bin", "trainer_state.json"):
        (folder / leftover).write_bytes(b"{}")
    return folder


@pytest.fixture(scope="module")
def adapter(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lora(base, tmp_path_factory.mktemp("run") / "checkpoint-8")


@pytest.fixture
def copied(adapter: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(adapter, tmp_path / "checkpoint-8"))


def rewrite(file: Path, **changes: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def output(folder: Path) -> tuple[int, ...]:
    request = Request("a1" * 16, ({"role": "user", "content": "abc"},), "abc")
    (group,) = LocalSampler(str(folder)).sample([request], SamplingParams(temperature=0, max_new_tokens=16))
    return group[0].token_ids


@pytest.mark.parametrize("settings", [{}, {"use_rslora": True}, {"modules_to_save": ["lm_head"]}, {"use_dora": True}])
def test_a_lora_folder_answers_as_its_merged_model(base: Path, tmp_path: Path, settings: dict[str, Any]) -> None:
    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    folder = lora(base, tmp_path / "lora", **settings)
    require_model_folder(folder)
    ids = torch.tensor([[5, 90, 17, 33]])
    expected = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder)(ids).logits
    found = load_language_model(str(folder), torch.float32)(ids).logits
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3)
    assert output(folder) != output(base)


def test_the_identity_is_of_adapter_and_base(base: Path, copied: Path, tmp_path: Path) -> None:
    before = fingerprint(copied)
    assert before != fingerprint(base)
    moved = Path(shutil.copytree(base, tmp_path / "moved"))
    rewrite(copied / "adapter_config.json", base_model_name_or_path=str(base))
    assert fingerprint(copied) == before
    (moved / "chat_template.jinja").write_text("{{ messages }}")
    rewrite(copied / "adapter_config.json", base_model_name_or_path=str(moved))
    assert fingerprint(copied) != before


def test_the_given_base_counts_before_the_adapters_own(
    base: Path, copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewrite(copied / "adapter_config.json", base_model_name_or_path=str(tmp_path / "gone"))
    with pytest.raises(UserError, match=r"names, .*gone, is not a model folder here; give --base DIR"):
        require_model_folder(copied)
    monkeypatch.setenv(BASE_VARIABLE, str(base))
    require_model_folder(copied)
    assert model_parts(copied).weights == base.resolve()
    monkeypatch.setenv(BASE_VARIABLE, str(tmp_path))
    with pytest.raises(UserError, match=r"the base .* is not a model folder: it needs config\.json"):
        model_parts(copied)


def test_another_models_adapter_is_refused(copied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(BASE_VARIABLE, str(build_family(tmp_path / "gpt2", "gpt2")))
    with pytest.raises(UserError, match=r"cannot be merged into .*gpt2: "):
        LocalSampler(str(copied))


def test_layers_that_the_base_lacks_are_noticed(copied: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(copied / "adapter_model.safetensors")
    extra = {name.replace("layers.1.", "layers.7."): tensor.clone() for name, tensor in weights.items()}
    save_file(weights | extra, copied / "adapter_model.safetensors")
    with pytest.raises(UserError, match=r"does not fit its base .*layers\.7\."):
        LocalSampler(str(copied))


def test_an_adapter_of_another_kind_is_refused(copied: Path) -> None:
    rewrite(copied / "adapter_config.json", peft_type="PREFIX_TUNING")
    with pytest.raises(UserError, match="adapter of the kind PREFIX_TUNING, and only LoRA adapters are merged"):
        require_model_folder(copied)


def test_pickled_adapters_are_never_read(copied: Path) -> None:
    (copied / "adapter_model.safetensors").rename(copied / "adapter_model.bin")
    with pytest.raises(UserError, match=r"has adapter_model\.bin, a format that can run code"):
        require_model_folder(copied)


def test_whole_weights_beside_an_adapter_are_unclear(base: Path, adapter: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(base, tmp_path / "both"))
    shutil.copy(adapter / "adapter_config.json", folder)
    with pytest.raises(UserError, match="both whole weights and a LoRA adapter"):
        require_model_folder(folder)


def test_a_checkpoint_without_a_tokenizer_takes_that_of_its_run(base: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(base, tmp_path / "run"))
    step = run / "checkpoint-8"
    step.mkdir()
    for name in ("config.json", "model.safetensors", "generation_config.json"):
        (run / name).rename(step / name)
    assert model_parts(step).tokenizer == run
    assert (
        borrowed_tokenizer(Model("s", str(step), "f")) == f"{step} has no tokenizer of its own; that of {run} is used"
    )
    assert borrowed_tokenizer(Model("b", str(base), "f")) == ""
    require_model_folder(step)
    assert output(step) == output(base)
