"""Answers in pieces become the completion that they would have been whole, wherever the bytes are cut."""

import json

import pytest

from tests.apis.streaming import END, USAGE, event, piece
from tpobench.harness.api import event_stream
from tpobench.harness.api.event_stream import EventStream, TooMuch
from tpobench.harness.api.responses import Malformed, read_answer


def read(body: bytes, size: int = 1) -> EventStream:
    stream = EventStream()
    for at in range(0, len(body), size):
        stream.feed(body[at : at + size])
    stream.end()
    return stream


BODY = (
    b": keep-alive\r\n\r\n" + piece("H\u00e9l", role="assistant") + piece("lo \U0001f600") + piece(None, "stop") + END
)


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_bytes_may_be_cut_anywhere(size: int) -> None:
    answer = read_answer(read(BODY, size).completion())
    assert (answer.choices[0].text, answer.choices[0].finish_reason) == ("H\u00e9llo \U0001f600", "stop")
    assert (answer.prompt_tokens, answer.completion_tokens, answer.served_model) == (3, 5, "m")


def test_a_character_may_be_cut_into_two_events() -> None:
    body = b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\ndata:{"choices":[{"delta":{"content":"\\ude00"},'
    assert read_answer(read(body + b'"finish_reason":"stop"}]}').completion()).choices[0].text == "\U0001f600"


def test_reasoning_keeps_its_blanks_and_stays_apart() -> None:
    pieces = [piece(reasoning_content="a "), piece(reasoning_content="sum"), piece("4"), piece(None, "stop")]
    choice = read_answer(read(b"".join(pieces)).completion()).choices[0]
    assert (choice.thought, choice.text) == ("a sum", "4")


def test_an_error_in_the_stream_is_the_answer() -> None:
    stream = read(piece("begun ") + event({"error": {"message": "overloaded", "code": 503}}))
    assert json.loads(stream.completion()) == {"model": "m", "error": {"message": "overloaded", "code": 503}}
    with pytest.raises(Malformed, match="overloaded"):
        read_answer(stream.completion())


def test_an_end_without_a_reason_is_no_end() -> None:
    assert not read(piece("begun")).is_whole
    assert read(piece("begun") + b"data: [DONE]\n\n").is_whole


def test_what_is_no_event_is_left_out() -> None:
    body = b"data: {broken\n\ndata: 5\n\nevent: ping\ndata: {}\n\n" + piece("4", "stop")
    assert read_answer(read(body).completion()).choices[0].text == "4"
    assert read(b"<html>").is_empty
    assert USAGE


def test_what_is_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "LONGEST_LINE", 1000)
    for body in (b"data: " + b"x" * 2000, (b"data: " + b"x" * 90 + b"\n") * 20, piece("x" * 200) * 20):
        with pytest.raises(TooMuch):
            read(body, 500)
