"""Prompts that a server will not answer, and answers in odd places: each is taken at the first try."""

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.apis.refusing import MODEL, asked, heal, refusing_server
from tests.apis.streaming import END, piece, streaming_server
from tpobench.harness.api.budget import Budget, Prices
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.records import Generation, Model, Output, Prompt, Request, SamplingParams
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.samplers.endpoint import EndpointSampler
from tpobench.harness.store.store import Store

PARAMS = SamplingParams()
MODEL_ROW = Model(MODEL, "http://x", "f" * 32)


@pytest.fixture(scope="module")
def shared_url() -> Iterator[str]:
    with refusing_server() as url:
        yield url


@pytest.fixture
def fresh_url() -> Iterator[str]:
    with refusing_server() as url:
        yield url


def sampler(url: str) -> EndpointSampler:
    return EndpointSampler(Client(Endpoint(MODEL, url), Limits(concurrency=4, attempts=2, timeout_s=5)))


def sampled(url: str, texts: Sequence[str], samples: int = 1) -> dict[str, Generation]:
    requests = [
        Request(f"{text}/{sample}", ({"role": "user", "content": text},), text)
        for text in texts
        for sample in range(samples)
    ]
    return {one.request.key: one for group in sampler(url).sample(requests, PARAMS) for one in group}


def outputs(store: Store, url: str, texts: Sequence[str], mode: str = "direct") -> list[Output]:
    prompts = [Prompt(text) for text in texts]
    with OutputCache(store, MODEL_ROW, lambda _: sampler(url), Progress(quiet=True)) as cache:
        cache.ensure(prompts, mode_named(mode), PARAMS, [0], "sampling")
        return cache.outputs(prompts, mode_named(mode), PARAMS, [0])


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("azure", "filtered"),
        ("moderated", "filtered"),
        ("usage_policy", "filtered"),
        ("filter_in_200", "filtered"),
        ("flags_in_200", "filtered"),
        ("finish_filter", "filtered"),
        ("refusal", "refused"),
        ("context", "too_long"),
        ("context_500", "too_long"),
        ("too_large", "too_long"),
        ("odd", "refused"),
    ],
)
def test_a_prompt_that_is_refused_is_an_answer_with_its_reason(shared_url: str, case: str, reason: str) -> None:
    before = asked(shared_url).get(case, 0)
    found = sampled(shared_url, ["fine", f"CASE {case}"])
    assert found["fine/0"].text == "An answer to fine"
    refused = found[f"CASE {case}/0"]
    assert (refused.text, refused.finish_reason, refused.token_ids) == ("", reason, ())
    assert refused.call is not None
    assert refused.call.problem
    assert asked(shared_url)[case] - before == 1


def test_all_samples_of_a_refused_prompt_have_the_reason(shared_url: str) -> None:
    found = sampled(shared_url, ["CASE azure"], samples=3)
    assert {one.finish_reason for one in found.values()} == {"filtered"}
    assert len(found) == 3


def test_a_refused_prompt_is_stored_and_not_asked_again(store: Store, fresh_url: str) -> None:
    fine, refused = outputs(store, fresh_url, ["fine", "CASE azure"])
    assert (refused.response, refused.parse_error, refused.finish_reason) == ("", None, "filtered")
    assert fine.finish_reason == "stop"
    assert outputs(store, fresh_url, ["fine", "CASE azure"])[1] == refused
    assert asked(fresh_url) == {"": 1, "azure": 1}


def test_an_error_that_would_meet_every_prompt_stops_at_once(store: Store, fresh_url: str) -> None:
    with pytest.raises(UserError, match=r"does not take the request for 'refusing' \(HTTP 400: Unsupported parameter"):
        outputs(store, fresh_url, [f"CASE field {number}" for number in range(50)])
    assert asked(fresh_url)["field"] <= 4
    assert store.row_counts()["output"] == 0


def test_an_error_about_a_field_after_an_answer_is_about_its_own_prompt(store: Store, fresh_url: str) -> None:
    one_by_one = EndpointSampler(Client(Endpoint(MODEL, fresh_url), Limits(concurrency=1)))
    requests = [Request(text, ({"role": "user", "content": text},), text) for text in ("fine", "CASE field")]
    found = {one.request.key: one for group in one_by_one.sample(requests, PARAMS) for one in group}
    assert [found[key].finish_reason for key in ("fine", "CASE field")] == ["stop", "refused"]


def test_an_answer_that_stays_of_no_use_is_owed(store: Store, fresh_url: str) -> None:
    with pytest.raises(UserError, match=r"1 prompt got no answer that can be used.*a choice holds no text"):
        outputs(store, fresh_url, ["fine", "CASE no_text"])
    assert store.row_counts()["output"] == 1
    heal(fresh_url)
    assert outputs(store, fresh_url, ["fine", "CASE no_text"])[1].response == "An answer to CASE no_text"


def test_an_error_that_says_nothing_is_about_all_prompts_where_none_is_answered(store: Store, fresh_url: str) -> None:
    with pytest.raises(UserError, match=r"refuses 8 prompts and answers none, .*the moon is in the wrong house"):
        outputs(store, fresh_url, [f"CASE odd {number}" for number in range(50)])
    assert store.row_counts()["output"] == 0
    heal(fresh_url)
    assert outputs(store, fresh_url, ["CASE odd 1"])[0].response == "An answer to CASE odd 1"


@pytest.mark.parametrize(
    ("case", "response", "thought", "reason"),
    [
        ("null_length", "", "", "length"),
        ("absent", "", "", "stop"),
        ("parts", "Two parts.", "", "stop"),
        ("thinking_parts", "Said.", "SECRET", "stop"),
        ("reasoning", "Said.", "SECRET", "stop"),
        ("reasoning_cut", "", "SECRET", "length"),
        ("think_unopened", "Said.", "SECRET", "stop"),
        ("think_cut", "", "SECRET", "length"),
    ],
)
def test_odd_answers_are_taken_at_the_first_try(
    store: Store, shared_url: str, case: str, response: str, thought: str, reason: str
) -> None:
    before = asked(shared_url).get(case, 0)
    (output,) = outputs(store, shared_url, [f"CASE {case}"])
    assert (output.response, output.thought, output.finish_reason) == (response, thought, reason)
    assert "SECRET" not in output.response
    assert thought in output.raw_text
    assert output.raw_text.endswith(response)
    assert asked(shared_url)[case] - before == 1


def test_a_refused_prompt_is_no_format_error_of_a_thinking_mode(store: Store, shared_url: str) -> None:
    (output,) = outputs(store, shared_url, ["CASE azure"], "think:generic")
    assert (output.parse_error, output.finish_reason) == (None, "filtered")


@pytest.mark.parametrize("tag", ["think", "thinking"])
def test_a_mode_whose_markers_are_the_tags_of_a_native_thought_still_parses(
    store: Store, shared_url: str, tmp_path: Path, tag: str
) -> None:
    file = tmp_path / "tags.yaml"
    file.write_text(f'user: "{{prompt}}"\nthought_marker: <{tag}>\nresponse_marker: </{tag}>\n')
    (output,) = outputs(store, shared_url, [f"CASE {tag}"], f"think:{file}")
    assert (output.thought, output.response, output.parse_error) == ("SECRET", "Said.", None)


def test_a_streamed_answer_is_heard_and_its_tokens_are_counted() -> None:
    heard: list[str] = []
    was_heard = threading.Event()

    def listen(outputs: Sequence[Generation]) -> None:
        heard.extend(output.text for output in outputs)
        was_heard.set()

    pieces = [piece("It is "), lambda: was_heard.wait(30), piece("four."), piece(None, "stop"), END]
    with streaming_server(lambda asked: pieces) as server:
        client = Client(Endpoint("m", server.url), budget=Budget(prices=Prices({})))
        sampler = EndpointSampler(client, listener=listen)
        request = Request("a1" * 16, ({"role": "user", "content": "2 + 2?"},), "2 + 2?")
        (output,) = (output for group in sampler.sample([request], SamplingParams()) for output in group)
    assert (output.text, output.finish_reason) == ("It is four.", "stop")
    assert heard[0] == "It is "
    assert server.asked[-1].body["stream_options"] == {"include_usage": True}
    assert (client.budget.prompt_tokens, client.budget.completion_tokens) == (3, 5)
