"""What a chat completion says, wherever the server puts it."""

import json

import pytest

from tests.apis.refusing import CASES
from tpobench.harness.api.responses import Malformed, read_answer


def read(case: str) -> tuple[str, str, str]:
    (choice,) = read_answer(json.dumps(CASES[case][1]).encode()).choices
    return choice.text, choice.finish_reason, choice.thought


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        ("null_length", ("", "length", "")),
        ("null_stop", ("", "stop", "")),
        ("absent", ("", "stop", "")),
        ("parts", ("Two parts.", "stop", "")),
        ("thinking_parts", ("Said.", "stop", "SECRET")),
        ("reasoning", ("Said.", "stop", "SECRET")),
        ("reasoning_content", ("Said.", "stop", "SECRET")),
        ("reasoning_cut", ("", "length", "SECRET")),
        ("think", ("Said.", "stop", "SECRET")),
        ("think_unopened", ("Said.", "stop", "SECRET")),
        ("think_cut", ("", "length", "SECRET")),
        ("finish_filter", ("", "filtered", "")),
        ("null_filter", ("", "filtered", "")),
        ("filter_in_200", ("", "filtered", "")),
        ("refusal", ("", "refused", "")),
        ("refusal_part", ("", "refused", "")),
    ],
)
def test_an_answer_its_reason_and_the_thought(case: str, answer: tuple[str, str, str]) -> None:
    assert read(case) == answer


def test_a_text_that_a_filter_cuts_stays_with_its_reason() -> None:
    body = {"choices": [{"message": {"content": "So far"}, "finish_reason": "content_filter"}]}
    (choice,) = read_answer(json.dumps(body).encode()).choices
    assert (choice.text, choice.finish_reason, choice.is_refused) == ("So far", "filtered", False)


@pytest.mark.parametrize(
    ("said", "means"), [("MAX_TOKENS", "length"), ("eos", "stop"), ("SAFETY", "filtered"), (7, "unknown")]
)
def test_other_words_for_the_same_end(said: object, means: str) -> None:
    body = {"choices": [{"message": {"content": "x"}, "finish_reason": said}]}
    assert read_answer(json.dumps(body).encode()).choices[0].finish_reason == means


def test_an_error_in_the_place_of_an_answer_is_told() -> None:
    with pytest.raises(Malformed, match="holds no choices: upstream is asleep"):
        read_answer(b'{"error": {"message": "upstream is asleep"}}')
    with pytest.raises(Malformed, match="the answer is an error: upstream is asleep"):
        read_answer(b'{"choices": [{"message": {"content": null}, "error": {"message": "upstream is asleep"}}]}')


def test_a_reason_with_a_lone_surrogate_can_be_stored() -> None:
    body = b'{"choices": [{"message": {"content": "x"}, "finish_reason": "a\\ud800"}]}'
    assert read_answer(body).choices[0].finish_reason == "a\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("content", [None, ""])
@pytest.mark.parametrize("arguments", ['{"best": "a"}', {"best": "a"}])
def test_a_function_call_is_the_answer_where_there_is_no_text(content: str | None, arguments: object) -> None:
    message = {"content": content, "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}
    body = {"choices": [{"message": message, "finish_reason": "tool_calls"}]}
    assert read_answer(json.dumps(body).encode()).choices[0].text == '{"best": "a"}'
