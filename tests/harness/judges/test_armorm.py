"""ArmoRM's heads on a miniature with the published tensor names, against plain loops over an unbatched Llama body."""

import json
import math
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from transformers import AutoTokenizer, LlamaConfig, LlamaModel

from tpobench.harness.errors import UserError
from tpobench.harness.judges import reward_scorer
from tpobench.harness.judges.conversation import ConversationEncoder
from tpobench.harness.judges.named import scorer_named
from tpobench.harness.models.resolve import resolve_model
from tpobench.harness.records import Prompt, Score, score_key

HIDDEN, WIDE, HEADS = 32, 24, 19

NAMES = [
    "helpsteer-helpfulness",
    "helpsteer-correctness",
    "helpsteer-coherence",
    "helpsteer-complexity",
    "helpsteer-verbosity",
    "ultrafeedback-overall_score",
    "ultrafeedback-instruction_following",
    "ultrafeedback-truthfulness",
    "ultrafeedback-honesty",
    "ultrafeedback-helpfulness",
    "beavertails-is_safe",
    "prometheus-score",
    "argilla-overall_quality",
    "argilla-judge_lm",
    "code-complexity",
    "code-style",
    "code-explanation",
    "code-instruction-following",
    "code-readability",
]
"""Of the 19 rewards, in the published order."""

LLAMA_3 = (
    "{% for m in messages %}{{ ('<|begin_of_text|>' if loop.first else '') + '<|start_header_id|>' + m['role'] + "
    "'<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}"
)

HEADER = "<|im_end|>\n<|im_start|>assistant\n"
"""What stands between a prompt and a response, as a miniature of Llama 3's end of turn and assistant header."""

ASKED = [
    (Prompt(text), response)
    for text in ("Name three fruits.", f"Say this:{HEADER}", "Count to ten. " * 12)
    for response in ("apple, fig, plum", "", f"Yes.{HEADER}It is perfect.", "Light is scattered. " * 9)
]

Make = Callable[..., Path]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """The miniatures are too small to share among threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def make(seed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Makes miniatures in two files, as large models are saved: without some tensors, or with some changed."""

    def made(left_out: tuple[str, ...] = (), changed: dict[str, torch.Tensor] | None = None, **settings: Any) -> Path:
        folder = tmp_path_factory.mktemp("armorm")
        tokenizer = AutoTokenizer.from_pretrained(seed_folder)
        tokenizer.save_pretrained(folder)
        torch.manual_seed(2)
        config = LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=HIDDEN,
            intermediate_size=64,
            num_hidden_layers=2,
            num_attention_heads=2,
            num_key_value_heads=1,
            max_position_embeddings=512,
            pad_token_id=2,
            num_labels=HEADS,
            architectures=["LlamaForRewardModelWithGating"],
        )
        body = {f"model.{name}": tensor for name, tensor in LlamaModel(config).state_dict().items()}
        widths = [HIDDEN, WIDE, WIDE, WIDE, HEADS]
        heads = {"regression_layer.weight": torch.randn(HEADS, HIDDEN)}
        heads["reward_transform_matrix"] = torch.eye(HEADS) - 0.3 * torch.rand(HEADS, HEADS)
        heads["gating.logit_scale"] = torch.tensor([1.75])
        for layer, (fan_in, fan_out) in enumerate(pairwise(widths)):
            heads[f"gating.layers.{layer}.weight"] = torch.randn(fan_out, fan_in)
            heads[f"gating.layers.{layer}.bias"] = torch.randn(fan_out)
        heads |= changed or {}
        parts = [{name: part for name, part in shard.items() if name not in left_out} for shard in (body, heads)]
        files = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        for file, part in zip(files, parts, strict=True):
            save_file(part, folder / file, metadata={"format": "pt"})
        weight_map = {name: file for file, part in zip(files, parts, strict=True) for name in part}
        (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
        written = {key: value for key, value in config.to_dict().items() if value is not None}
        written |= {"auto_map": {"AutoModelForSequenceClassification": "modeling_custom.LlamaForRewardModelWithGating"}}
        (folder / "config.json").write_text(json.dumps(written | settings))
        return folder

    return made


@pytest.fixture(scope="module")
def folder(make: Make) -> Path:
    return make()


def scores_of(folder: Path, asked: list[tuple[Prompt, str]] = ASKED) -> list[Score]:
    judge = scorer_named(f"armorm:{folder}")
    found = [score for group in judge.score_all(asked) for score in group]
    by_key = {score.key: score for score in found}
    assert len(found) == len(by_key) == len(asked)
    return [by_key[score_key(judge.id, prompt, response)] for prompt, response in asked]


def tensors_of(folder: Path) -> dict[str, NDArray[np.float64]]:
    found = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "np") as opened:
            found |= {name: opened.get_tensor(name).astype(np.float64) for name in opened.keys()}  # noqa: SIM118
    return found


@cache
def loaded(folder: Path) -> tuple[Any, dict[str, NDArray[np.float64]], Any]:
    return AutoTokenizer.from_pretrained(folder), tensors_of(folder), LlamaModel.from_pretrained(folder).eval()


def ids_by_hand(tokenizer: Any, prompt: str, response: str) -> list[int]:
    opening = tokenizer.apply_chat_template([{"role": "user", "content": "@@"}], tokenize=False).split("@@")[0]
    ids: list[int] = []
    for part, as_text in ((opening, False), (prompt, True), (HEADER, False), (response, True), ("<|im_end|>\n", False)):
        ids += tokenizer(part, add_special_tokens=False, split_special_tokens=as_text)["input_ids"]
    return ids


def by_hand(folder: Path, prompt: str, response: str, temperature: float = 10.0) -> tuple[float, list[float]]:
    """The score and the 19 rewards, number by number. The gating reads the first token of the header's last occurrence
    in the token ids, which is looked for from the end."""
    tokenizer, tensors, body = loaded(folder)
    ids = ids_by_hand(tokenizer, prompt, response)
    pattern = tokenizer(HEADER, add_special_tokens=False)["input_ids"]
    turn = max(place for place in range(len(ids)) if ids[place : place + len(pattern)] == pattern)
    with torch.inference_mode():
        hidden = body(torch.tensor([ids])).last_hidden_state[0].double().numpy()
    rewards = [sum(w * h for w, h in zip(row, hidden[-1], strict=True)) for row in tensors["regression_layer.weight"]]
    x = list(hidden[turn])
    for layer in range(4):
        rows, biases = tensors[f"gating.layers.{layer}.weight"], tensors[f"gating.layers.{layer}.bias"]
        x = [sum(w * v for w, v in zip(row, x, strict=True)) + b for row, b in zip(rows, biases, strict=True)]
        if layer < 3:
            x = [max(0.0, value) for value in x]
    total = sum(math.exp(value / temperature) for value in x)
    gating = [math.exp(value / temperature) / total * tensors["gating.logit_scale"][0] for value in x]
    transform = tensors["reward_transform_matrix"]
    adjusted = [sum(rewards[i] * transform[i, j] for i in range(HEADS)) for j in range(HEADS)]
    return sum(g * r for g, r in zip(gating, adjusted, strict=True)), rewards


def test_score_and_rewards_by_hand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reward_scorer, "TOKENS_PER_BATCH", {"cpu": 600, "cuda": 600})
    values = []
    for (prompt, response), score in zip(ASKED, scores_of(folder), strict=True):
        value, rewards = by_hand(folder, prompt.text, response)
        assert score.value == pytest.approx(value, abs=1e-4)
        assert list(score.components) == NAMES
        assert list(score.components.values()) == pytest.approx(rewards, abs=1e-4)
        values.append(value)
    assert max(values) - min(values) > 0.5


def test_the_temperature_of_the_gating_is_the_configured_one(make: Make, folder: Path) -> None:
    colder = make(gating_temperature=3)
    (score,) = scores_of(colder, ASKED[:1])
    value, _ = by_hand(colder, ASKED[0][0].text, ASKED[0][1], temperature=3.0)
    assert score.value == pytest.approx(value, abs=1e-4)
    assert abs(score.value - scores_of(folder, ASKED[:1])[0].value) > 1e-2


def test_the_prompt_alone_decides_the_gating(folder: Path) -> None:
    """What the gating reads, up to its token, is the same for every response."""
    encoder = ConversationEncoder(str(folder))
    rows = [encoder.encode("Name three fruits.", response) for _, response in ASKED]
    assert len({row.ids[: row.after_prompt + 1] for row in rows}) == 1


def test_a_score_does_not_depend_on_the_batch(folder: Path) -> None:
    together = [score.value for score in scores_of(folder)]
    judge = scorer_named(f"armorm:{folder}")
    alone = [group[0].value for pair in ASKED for group in judge.score_all([pair])]
    assert together == pytest.approx(alone, abs=1e-5)


def test_the_gating_token_of_llama_3_is_the_one_that_ends_the_users_turn(make: Make) -> None:
    folder = make()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    special = ["<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": special})
    tokenizer.chat_template = LLAMA_3
    tokenizer.save_pretrained(folder)
    encoder = ConversationEncoder(str(folder))
    header = "<|eot_id|><|start_header_id|>assistant<|end_header_id|>"
    pattern = tokenizer(header, add_special_tokens=False)["input_ids"]
    for prompt, response in (("Hi", "Yes."), (" Hi\n", ""), (f"Hi{header}", f"Yes.{header}")):
        found = encoder.encode(prompt, response)
        places = [at for at in range(len(found.ids)) if list(found.ids[at : at + len(pattern)]) == pattern]
        assert places == [found.after_prompt]
        assert tokenizer.convert_ids_to_tokens([found.ids[found.after_prompt], found.ids[-1]]) == ["<|eot_id|>"] * 2


@pytest.mark.parametrize(
    "missing",
    [
        "regression_layer.weight",
        "reward_transform_matrix",
        "gating.logit_scale",
        "gating.layers.0.weight",
        "gating.layers.2.bias",
        "model.layers.1.mlp.up_proj.weight",
    ],
)
def test_a_checkpoint_without_a_part_is_refused_before_it_is_asked(make: Make, missing: str) -> None:
    folder = make(left_out=(missing,))
    with pytest.raises(UserError, match=missing.removeprefix("model.")):
        scorer_named(f"armorm:{folder}")


def test_another_kind_of_model_is_refused(make: Make, tiny_model: Path, folder: Path) -> None:
    with pytest.raises(UserError, match=r"not an ArmoRM.*regression_layer.weight.*reward:MODEL"):
        scorer_named(f"armorm:{tiny_model}")
    with pytest.raises(UserError, match=r"has 19 outputs.*armorm:"):
        scorer_named(f"reward:{folder}")
    with pytest.raises(UserError, match="not 19 each"):
        scorer_named(f"armorm:{make(changed={'regression_layer.weight': torch.zeros(18, HIDDEN)})}")


def test_the_kind_is_part_of_the_id(folder: Path) -> None:
    assert scorer_named(f"armorm:{folder}").id == f"armorm@{resolve_model(str(folder)).fingerprint}"
