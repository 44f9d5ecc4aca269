"""The local sampler against plain transformers generation, on the real model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import UserError
from harness.records import Generation, Request, SamplingParams, content_key
from harness.samplers import local
from harness.samplers.local import LocalSampler

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
    for request in requests:
        generation = found[request.key]
        ids = torch.tensor([generation.prompt_ids])
        plain = sampler._model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=40, do_sample=False)
        assert tuple(plain[0, ids.shape[1] :].tolist()) == generation.token_ids


def test_a_row_does_not_depend_on_its_neighbours(sampler: LocalSampler) -> None:
    params = SamplingParams(max_new_tokens=24)
    requests = requests_for(QUESTIONS, samples=3)
    together = by_key(sampler.sample(requests, params))
    alone = by_key(sampler.sample(requests[4:5], params))
    assert alone[requests[4].key].token_ids == together[requests[4].key].token_ids
    assert len({together[request.key].token_ids for request in requests[3:6]}) > 1, "samples of one prompt differ"


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


def test_a_prompt_longer_than_the_context_is_refused_before_anything_is_sampled(tiny_model: Path) -> None:
    requests = requests_for(["Hi!", "word " * 600])
    with pytest.raises(UserError, match=r"context of 512"):
        next(LocalSampler(str(tiny_model)).sample(requests, SamplingParams(max_new_tokens=8)))


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


def test_the_nucleus_holds_no_token_beyond_top_p(sampler: LocalSampler) -> None:
    import torch

    probabilities = torch.tensor([[0.5, 0.3, 0.15, 0.05]])
    tokens = torch.tensor([[7, 8, 9, 10]])
    draws = [0.0, 0.49, 0.62, 0.63, 0.99]
    # top-p 0.75 keeps 0.5 and 0.3, renormalised to 0.625 and 0.375
    picked = [local._invert(probabilities, tokens, torch.tensor([u]), 0.75).item() for u in draws]
    assert picked == [7, 7, 7, 8, 8]
