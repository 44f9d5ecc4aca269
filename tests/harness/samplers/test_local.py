"""The local sampler against plain transformers generation, on the real model."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.records import Generation, Request, SamplingParams, content_key
from tpobench.harness.samplers import local
from tpobench.harness.samplers.base import UNFINISHED
from tpobench.harness.samplers.local import LocalSampler

QUESTIONS = [
    "What is the capital of France?",
    "Name three fruits that are red, and say in one sentence how each of them tastes when it is ripe.",
    "Hi!",
]


def requests_for(questions: list[str], samples: int = 1) -> list[Request]:
    return [
        Request(content_key(question, sample), ({"role": "user", "content": question},), f'"{question[:10]}"')
        for question in questions
        for sample in range(samples)
    ]


def by_key(groups: Iterator[list[Generation]]) -> dict[str, Generation]:
    found = [generation for group in groups for generation in group]
    keyed = {generation.request.key: generation for generation in found}
    assert len(keyed) == len(found), "a request was answered twice"
    return keyed


@pytest.fixture(scope="module")
def sampler(seed_folder: Path) -> LocalSampler:
    return LocalSampler(str(seed_folder))


def test_greedy_batches_give_what_plain_generation_gives(sampler: LocalSampler) -> None:
    import torch

    requests = requests_for(QUESTIONS, samples=2)
    found = by_key(sampler.sample(requests, SamplingParams(temperature=0, max_new_tokens=40)))
    for request, again in zip(requests[::2], requests[1::2], strict=True):
        generation = found[request.key]
        assert found[again.key].token_ids == generation.token_ids
        ids = torch.tensor([generation.prompt_ids])
        plain = sampler._model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False, eos_token_id=2
        )
        assert tuple(plain[0, ids.shape[1] :].tolist()) == generation.token_ids


def test_a_row_does_not_depend_on_its_neighbours(sampler: LocalSampler) -> None:
    params = SamplingParams(max_new_tokens=24)
    requests = requests_for(QUESTIONS, samples=3)
    together = by_key(sampler.sample(requests, params))
    alone = by_key(sampler.sample(requests[4:5], params))
    assert alone[requests[4].key].token_ids == together[requests[4].key].token_ids
    assert len({together[request.key].token_ids for request in requests[3:6]}) > 1, "samples of one prompt differ"


def test_what_an_interruption_left_is_sampled_as_if_there_had_been_none(tiny_model: Path) -> None:
    # A miniature's next tokens are nearly equally probable: another batch's rounding would soon be another token.
    sampler, params = LocalSampler(str(tiny_model)), SamplingParams(max_new_tokens=24, temperature=1.0)
    requests = requests_for([f"{question} {n}" for question in QUESTIONS for n in range(6)], samples=4)
    whole = by_key(sampler.sample(requests, params))
    left = [replace(request, is_padding=number % 5 != 0) for number, request in enumerate(requests)]
    found = by_key(sampler.sample(left, params))
    assert set(found) == {request.key for request in left if not request.is_padding}
    assert all(found[key].token_ids == whole[key].token_ids for key in found)
    assert list(sampler.sample([replace(request, is_padding=True) for request in requests], params)) == []


def test_finish_reason_tells_a_cut_output_from_a_finished_one(sampler: LocalSampler) -> None:
    found = by_key(sampler.sample(requests_for(QUESTIONS), SamplingParams(temperature=0, max_new_tokens=12)))
    reasons = set()
    for generation in found.values():
        ended = generation.token_ids[-1] in sampler._end_ids
        assert generation.finish_reason == ("stop" if ended else "length")
        assert ended or len(generation.token_ids) == 12
        assert not any(token in sampler._end_ids for token in generation.token_ids[:-1])
        reasons.add(generation.finish_reason)
    assert "length" in reasons


def test_a_prompt_longer_than_the_context_has_no_answer_and_the_others_have_theirs(tiny_model: Path) -> None:
    requests = requests_for(["Hi!", "word " * 600])
    found = by_key(LocalSampler(str(tiny_model)).sample(requests, SamplingParams(max_new_tokens=8)))
    assert [found[request.key].finish_reason for request in requests][1] == "too_long"
    assert found[requests[0].key].token_ids
    assert (found[requests[1].key].text, found[requests[1].key].token_ids) == ("", ())


def test_settings_that_leave_no_prompt_any_room_are_refused_before_anything_is_sampled(tiny_model: Path) -> None:
    with pytest.raises(UserError, match=r"context of 512, as are all others \(the shortest has [0-9]+\)"):
        next(LocalSampler(str(tiny_model)).sample(requests_for(["Hi!", "Oh!"]), SamplingParams(max_new_tokens=500)))


def test_only_a_window_of_the_requests_is_held(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "WINDOW", 8)
    taken = 0

    class Counted(list[Request]):
        def __iter__(self) -> Iterator[Request]:
            nonlocal taken
            for request in super().__iter__():
                taken += 1
                yield request

    requests = Counted(requests_for([f"Say {number}." for number in range(40)]))
    stream = LocalSampler(str(tiny_model)).sample(requests, SamplingParams(max_new_tokens=4))
    next(stream)
    assert taken == 8
    stream.close()


@pytest.fixture
def copied(tiny_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


def rewrite(file: Path, **changes: Any) -> None:
    """Change keys of a JSON file; None takes one out."""
    content = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def without_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def without_end(folder: Path) -> None:
    for file in ("generation_config.json", "config.json"):
        rewrite(folder / file, eos_token_id=None)
    rewrite(folder / "tokenizer_config.json", eos_token=None)
    (folder / "chat_template.jinja").write_text("{{ messages[0]['content'] }}")


def encoder_decoder(folder: Path) -> None:
    rewrite(folder / "config.json", model_type="t5", architectures=["T5ForConditionalGeneration"])


def from_the_future(folder: Path) -> None:
    rewrite(folder / "config.json", model_type="llama9", architectures=["Llama9ForCausalLM"])


def reward_model(folder: Path) -> None:
    rewrite(folder / "config.json", architectures=["LlamaForSequenceClassification"], tie_word_embeddings=False)


def torn_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").write_text("{")


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (without_template, r"has no chat template, as models that"),
        (
            without_end,
            r"names no end token.*set eos_token in tokenizer_config\.json, or eos_token_id in generation_conf",
        ),
        (encoder_decoder, r"\(T5ForConditionalGeneration\) cannot be loaded as a causal language model"),
        (from_the_future, r"\(Llama9ForCausalLM\) cannot be loaded as a causal language model"),
        (reward_model, r"\(LlamaForSequenceClassification\) is not a complete causal .* missing for lm_head\.weight"),
        (torn_tokenizer, r"the tokenizer of .* cannot be loaded"),
    ],
)
def test_a_folder_that_cannot_be_sampled_is_one_sentence(
    copied: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    spoil(copied)
    with pytest.raises(UserError, match=sentence) as caught:
        LocalSampler(str(copied))
    assert str(copied) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("params", [SamplingParams(max_new_tokens=4), SamplingParams(0.0, max_new_tokens=4)])
def test_logits_that_are_no_numbers_are_one_sentence(copied: Path, params: SamplingParams) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    weights = load_file(copied / "model.safetensors")
    weights["model.norm.weight"] *= torch.nan
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match=r"model computes logits that are not numbers.*float32"):
        list(LocalSampler(str(copied)).sample(requests_for(QUESTIONS), params))


def test_a_model_without_a_padding_token_samples_the_same(tiny_model: Path, copied: Path) -> None:
    rewrite(copied / "tokenizer_config.json", pad_token=None)
    rewrite(copied / "config.json", pad_token_id=None)
    rewrite(copied / "generation_config.json", pad_token_id=None)
    requests, params = requests_for(QUESTIONS, samples=2), SamplingParams(max_new_tokens=12)
    padded, bare = (LocalSampler(str(folder)) for folder in (tiny_model, copied))
    assert bare._tokenizer.pad_token_id is None
    expected, found = by_key(padded.sample(requests, params)), by_key(bare.sample(requests, params))
    assert {key: g.token_ids for key, g in found.items()} == {key: g.token_ids for key, g in expected.items()}


def test_sampling_settings_that_come_with_the_model_do_not_count(tiny_model: Path, copied: Path) -> None:
    rewrite(copied / "generation_config.json", repetition_penalty=5.0, top_k=1, min_new_tokens=9, num_beams=3)
    requests, params = requests_for(QUESTIONS, samples=2), SamplingParams(max_new_tokens=12)
    expected, found = (by_key(LocalSampler(str(f)).sample(requests, params)) for f in (tiny_model, copied))
    assert {key: g.token_ids for key, g in found.items()} == {key: g.token_ids for key, g in expected.items()}


def test_messages_that_the_template_refuses_are_one_sentence(copied: Path) -> None:
    (copied / "chat_template.jinja").write_text("{{ raise_exception('System role not supported') }}")
    with pytest.raises(UserError, match=r"refuses the messages \(System role not supported\); choose another mode"):
        list(LocalSampler(str(copied)).sample(requests_for(QUESTIONS), SamplingParams(max_new_tokens=4)))


def test_a_batch_that_the_memory_does_not_hold_is_halved(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(local, "STRETCH", 1)
    requests, params = requests_for(QUESTIONS, samples=8), SamplingParams(max_new_tokens=40)
    expected = by_key(LocalSampler(str(tiny_model)).sample(requests, params))
    sampler = LocalSampler(str(tiny_model))
    whole, refused = sampler._sample_batch, 0

    def small_memory(batch: list[Request], *rest: Any) -> Iterator[list[Generation]]:
        """Fails at the second group of a batch of more than five rows."""
        nonlocal refused
        for place, group in enumerate(whole(batch, *rest)):
            if place and len(batch) > 5:
                refused += 1
                raise torch.OutOfMemoryError
            yield group

    monkeypatch.setattr(sampler, "_sample_batch", small_memory)
    found = by_key(sampler.sample(requests, params))
    assert refused > 1
    assert found.keys() == expected.keys()
    same = sum(found[key].token_ids == expected[key].token_ids for key in expected)
    assert same >= 20, "rounding in batches of another size may flip a draw, no more"

    def no_memory(*_: Any) -> Iterator[list[Generation]]:
        raise torch.OutOfMemoryError
        yield

    monkeypatch.setattr(sampler, "_sample_batch", no_memory)
    with pytest.raises(UserError, match=r'memory does not hold ".*" \([0-9]+ tokens and 40 new ones\)'):
        list(sampler.sample(requests, params))


def test_a_listener_hears_an_output_grow_and_changes_nothing_of_it(tiny_model: Path) -> None:
    requests = [Request(f"{n}1" * 16, ({"role": "user", "content": "Hi"},), "Hi") for n in range(3)]
    params = SamplingParams(temperature=100, max_new_tokens=40)  # at which hardly any output ends by itself
    heard: list[Generation] = []
    sampled = {}
    for listener in (None, heard.extend):
        sampler = LocalSampler(str(tiny_model), listener=listener)
        outputs = [output for group in sampler.sample(requests, params) for output in group]
        sampled[listener is None] = sorted((output.request.key, output.text) for output in outputs)
    assert sampled[True] == sampled[False]
    assert {output.finish_reason for output in heard} == {UNFINISHED}
    for key, text in sampled[True]:
        begun = [output.text.rstrip("\ufffd") for output in heard if output.request.key == key]
        assert len(set(begun)) > 2
        assert all(text.startswith(beginning) for beginning in begun)
