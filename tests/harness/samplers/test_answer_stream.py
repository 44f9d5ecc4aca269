"""What a reader sees of an answer that is being written: never a thought, and nothing that changes."""

from dataclasses import replace
from itertools import pairwise

import pytest

from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.native_thoughts import split_native_thought
from tpobench.harness.records import Request, Split
from tpobench.harness.samplers.answer_stream import AnswerStream, opens_thought, settled
from tpobench.harness.samplers.base import UNFINISHED, unanswered

THINK = mode_named("think:generic")


def shown(mode: Mode, raw: str, opens: bool = False) -> list[Split]:
    """All that is shown while a text is written character by character."""
    seen: list[Split] = []
    stream = AnswerStream(mode=mode, show=seen.append, opens_thought=opens)
    stream.expect(["k"])
    for end in range(len(raw) + 1):
        thought, text = split_native_thought(raw[:end])
        output = unanswered(Request("k", (), "it"), UNFINISHED)
        stream.hear([replace(output, thought=thought, text=text)])
    return seen


MARKED = "Here is my thought process: a secret. Here is my response: It is four, Here is my re."


@pytest.mark.parametrize(
    ("mode", "raw", "response"),
    [
        (DIRECT, "It is  four.\n\nNot five.", "It is  four.\n\nNot"),
        (DIRECT, "<think>a secret</think>\n\nIt is four.", "It is"),
        (
            DIRECT,
            "<|channel|>analysis<|message|>a secret<|end|><|start|>assistant<|channel|>final<|message|>4 is four",
            "4 is",
        ),
        (DIRECT, "\u56db\u3067\u3059", "\u56db\u3067\u3059"),
        (THINK, MARKED, "It is four, Here is my"),
    ],
)
def test_a_response_grows_and_its_thought_is_never_in_it(mode: Mode, raw: str, response: str) -> None:
    seen = [split.response for split in shown(mode, raw)]
    assert seen[-1] == response
    assert all(after.startswith(before) for before, after in pairwise(seen))
    assert not any("secret" in text or "<" in text for text in seen)
    assert len(set(seen)) > 1


def test_a_thought_grows_apart_from_the_response() -> None:
    seen = [split.thought for split in shown(THINK, MARKED)]
    assert all(after.startswith(before) for before, after in pairwise(seen))
    assert seen[-1] == "a secret."
    assert "Here" not in "".join(seen)


def test_a_model_whose_template_opens_the_thought_shows_nothing_before_its_end() -> None:
    seen = [split.response for split in shown(DIRECT, "a secret</think>\n\nIt is four.", opens=True)]
    assert (seen[-1], any("secret" in text for text in seen)) == ("It is", False)
    assert [opens_thought(name) for name in ("deepseek-r1:8b@http://h/v1", "Qwen3-4B-Thinking", "llama-3")] == [
        True,
        True,
        False,
    ]


def test_a_try_without_a_response_gives_way_to_the_next() -> None:
    seen: list[Split] = []
    stream = AnswerStream(mode=THINK, show=seen.append)
    stream.expect(["a", "b"])
    first, second = (unanswered(Request(key, (), "it"), UNFINISHED) for key in "ab")
    stream.hear([replace(first, text="no marker"), replace(second, text=MARKED)])
    assert [split.response for split in seen] == [""]
    stream.hear([replace(first, text="no marker", finish_reason="stop")])
    assert seen[-1].response == "It is four, Here is my"


def test_what_may_still_change_is_held_back() -> None:
    assert [settled(text, ["<R>"]) for text in ("do n", "an \ufffd", "x <", "x \u56db<R")] == [
        "do",
        "an",
        "x",
        "x \u56db",
    ]
    assert settled("x" * 50, []) == "x" * 50
