"""What servers really say when they will not answer, and what that means."""

import json
from pathlib import Path

import pytest

from tpobench.harness.api.refusals import error_words, is_wrong_request, refusal_in

SAID = Path(__file__).with_name("refusals.jsonl").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("line", SAID)
def test_what_an_error_is_about(line: str) -> None:
    case = json.loads(line)
    body = case["body"] if isinstance(case["body"], str) else json.dumps(case["body"])
    refusal = refusal_in(case["status"], body)
    assert (refusal.reason if refusal else "request" if is_wrong_request(body) else None) == case["means"]


def test_the_words_of_an_error_are_its_message_in_one_line() -> None:
    assert error_words('{"error": {"message": "too\\nlong", "code": "context_length_exceeded"}}') == "too long"
    assert error_words('{"error": {"code": "content_filter"}}') == "content_filter"
    assert error_words("plain text") == "plain text"


def test_what_was_asked_is_not_taken_for_what_is_said() -> None:
    said = {"msg": "value is not a dict", "input": "is this content filtered by a safety system?"}
    assert refusal_in(422, json.dumps({"detail": [said]})) is None
