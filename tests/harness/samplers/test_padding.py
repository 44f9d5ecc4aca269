"""An output does not depend on the batch that it was sampled in, whatever the architecture."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from tests.families import FAMILIES, build_family
from tpobench.harness.errors import UserError
from tpobench.harness.records import Request, SamplingParams, content_key
from tpobench.harness.samplers.local import LocalSampler
from tpobench.harness.samplers.padding import Padding, PaddingRule

LENGTHS = (34, 3, 21, 3)
"""Of the questions, in characters, which are tokens; they share their beginning."""


Samplers = Callable[[str], LocalSampler]


@pytest.fixture(scope="module")
def samplers(tmp_path_factory: pytest.TempPathFactory) -> Samplers:
    """The sampler of a family, built and loaded once."""
    return cache(lambda family: LocalSampler(str(build_family(tmp_path_factory.mktemp(family), family))))


def requests() -> list[Request]:
    questions = [
        "ab" + "".join(chr(97 + (n * 7 + at * 11 + 5) % 26) for at in range(size)) for n, size in enumerate(LENGTHS)
    ]
    return [
        Request(content_key(question, sample), ({"role": "user", "content": question},), question)
        for question in questions
        for sample in range(2)
    ]


def tokens(sampler: LocalSampler, asked: list[Request], params: SamplingParams) -> dict[str, tuple[int, ...]]:
    return {each.request.key: each.token_ids for group in sampler.sample(asked, params) for each in group}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_an_output_does_not_depend_on_its_batch(family: str, temperature: float, samplers: Samplers) -> None:
    sampler, params = samplers(family), SamplingParams(temperature=temperature, max_new_tokens=6)
    together = tokens(sampler, requests(), params)
    for request in requests()[1::2]:
        assert tokens(sampler, [request], params)[request.key] == together[request.key]
    assert len(set(together.values())) >= (8 if temperature else 4) - 1, "the miniature says the same to everything"


@pytest.mark.parametrize("family", ["llama", "qwen2", "gemma", "gpt2", "opt", "bloom", "falcon", "phi3", "mixtral"])
def test_ordinary_architectures_read_a_shared_beginning_once(family: str, samplers: Samplers) -> None:
    rule = samplers(family)._rule
    assert (rule.within, rule.limit, rule.one_by_one) == (Padding.MIDDLE, None, False)


def test_a_sliding_window_is_padded_on_the_left_only_where_rows_outgrow_it(samplers: Samplers) -> None:
    rule = PaddingRule(within=Padding.MIDDLE, limit=4096, beyond=Padding.LEFT)
    assert (rule.of(4096), rule.of(4097)) == (Padding.MIDDLE, Padding.LEFT)
    assert samplers("mistral_window")._rule.limit == 16


def test_recurrent_states_are_batched_by_length(samplers: Samplers) -> None:
    assert samplers("mamba2")._rule.equal_from(64) == 0
    assert PaddingRule(within=Padding.MIDDLE, limit=4096).equal_from(96) == 4001


def test_models_that_keep_a_batch_in_themselves_are_sampled_one_batch_at_a_time(samplers: Samplers) -> None:
    assert (samplers("qwen2_vl")._workers, samplers("recurrent_gemma")._workers) == (1, 1)


def test_a_model_that_the_library_cannot_generate_with_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layers = {"layer_types": ["linear_attention"] * 2, "num_hidden_layers": 2}  # without attention it has no length
    hybrid = FAMILIES["qwen3_next"]
    monkeypatch.setitem(FAMILIES, "no_attention", replace(hybrid, settings=hybrid.settings | layers))
    with pytest.raises(
        UserError, match=r"Qwen3NextForCausalLM\) is loaded, but transformers cannot generate with it: "
    ):
        LocalSampler(str(build_family(tmp_path, "no_attention")))
