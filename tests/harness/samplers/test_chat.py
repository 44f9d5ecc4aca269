"""One question: thinking models are asked again after a format error, a server only as often as needed."""

from collections.abc import Iterator, Sequence

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.records import Generation, Model, Request, SamplingParams
from tpobench.harness.samplers.chat import TRIES, ask

THINK = mode_named("think:generic")
GOOD = "Here is my thought process: a sum. Here is my response: 4"
LOCAL = Model(name="local", fingerprint="f", folder="folder")
SERVER = Model(name="m@http://127.0.0.1:9/v1", fingerprint="g", folder="")


class Scripted:
    """Gives these texts in the order of the requests, and counts how often it is called."""

    def __init__(self, *texts: str, finish: str = "stop", thought: str = "") -> None:
        self.texts, self.calls, self.finish, self.thought = list(texts), 0, finish, thought

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        self.calls += 1
        outputs = [
            Generation(
                request=r,
                prompt_ids=(),
                token_ids=(),
                text=self.texts.pop(0),
                finish_reason=self.finish,
                seconds=0.0,
                thought=self.thought,
            )
            for r in requests
        ]
        yield outputs[::-1]

    def close(self) -> None: ...


def test_a_direct_model_is_asked_once() -> None:
    sampler = Scripted("4", "never asked")
    answer = ask(sampler, LOCAL, DIRECT, "2 + 2?", SamplingParams())
    assert (answer.split.response, answer.tries) == ("4", 1)
    assert sampler.texts == ["never asked"]


def test_a_format_error_is_sampled_again_in_the_same_batch() -> None:
    sampler = Scripted("broken", GOOD, *["broken"] * (TRIES - 2))
    assert ask(sampler, LOCAL, THINK, "2 + 2?", SamplingParams()).split.response == "4"
    assert sampler.calls == 1


def test_a_server_is_asked_until_there_is_a_response() -> None:
    sampler = Scripted("broken", GOOD, "never asked")
    answer = ask(sampler, SERVER, THINK, "2 + 2?", SamplingParams())
    assert (answer.split.thought, answer.tries) == ("a sum.", 2)
    assert sampler.texts == ["never asked"]


def test_without_any_response_the_first_error_is_told() -> None:
    answer = ask(Scripted("", *["broken"] * (TRIES - 1)), LOCAL, THINK, "2 + 2?", SamplingParams())
    assert (answer.split.error, answer.tries) == ("empty_output", TRIES)


def test_an_empty_question_is_refused() -> None:
    with pytest.raises(UserError, match="the question is empty"):
        ask(Scripted("4"), LOCAL, DIRECT, " ", SamplingParams())


def test_a_refused_question_is_an_error_with_its_reason() -> None:
    with pytest.raises(UserError, match="got no answer, it was stopped by the provider's filter"):
        ask(Scripted("", finish="filtered"), SERVER, DIRECT, "2 + 2?", SamplingParams())


def test_a_native_thought_is_no_part_of_the_response() -> None:
    answer = ask(Scripted("4", thought="a sum"), SERVER, DIRECT, "2 + 2?", SamplingParams())
    assert (answer.split.response, answer.split.thought) == ("4", "a sum")
