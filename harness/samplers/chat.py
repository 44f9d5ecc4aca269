"""One question to one model, outside any store."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tpobench.harness.api.endpoints import is_endpoint
from tpobench.harness.errors import UserError
from tpobench.harness.finish_reasons import REFUSAL_WORDS, REFUSALS
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.records import Generation, Model, Request, SamplingParams, Split, content_key
from tpobench.harness.samplers.answer_stream import AnswerStream
from tpobench.harness.samplers.base import Sampler
from tpobench.harness.samplers.cached import split_generation

TRIES = 4
"""So often a thinking model is asked: a format error is sampled again (paper, section 3)."""


@dataclass(frozen=True)
class ChatAnswer:
    """The first output with a response; where no try gave one, the first output, whose `split` says what is wrong."""

    split: Split
    finish_reason: str
    tries: int


def ask(
    sampler: Sampler,
    model: Model,
    mode: Mode,
    question: str,
    params: SamplingParams,
    stream: AnswerStream | None = None,
) -> ChatAnswer:
    """Ask a model one question.

    Args:
        sampler: How the model is sampled.
        model: The model, which tells whether each try costs money.
        mode: How the question is put, and how the raw output is taken apart.
        question: The user's words.
        params: Temperature, length and seed.
        stream: Follows the answer while it is written, where the sampler's listener is its `hear`.

    Returns:
        The answer, also where no try gave a response.

    Raises:
        UserError: The question is empty, or whoever serves the model refuses it.
    """
    if not question.strip():
        raise UserError("the question is empty; write it as the last argument")
    tries = 1 if mode is DIRECT else TRIES
    keys = [content_key(question, mode.key, params.seed, number) for number in range(tries)]
    requests = [Request(key, mode.messages(question), "the question") for key in keys]
    # In this process the other tries cost little in the same batch; a server is asked for each of them.
    batches = [[request] for request in requests] if is_endpoint(model.name) else [requests]
    answers = []
    for batch in batches:
        outputs = list(_in_order(sampler, batch, params, stream))
        _require_answer(outputs[0])
        answers += [(split_generation(mode, output), output.finish_reason) for output in outputs]
        if any(split.error is None for split, _ in answers):
            break
    split, finish_reason = next((answer for answer in answers if answer[0].error is None), answers[0])
    return ChatAnswer(split, finish_reason, len(answers))


def _in_order(
    sampler: Sampler, requests: Sequence[Request], params: SamplingParams, stream: AnswerStream | None
) -> Iterator[Generation]:
    outputs: dict[str, Generation] = {}
    if stream is not None:
        stream.expect(request.key for request in requests)
    for group in sampler.sample(requests, params):
        outputs |= {output.request.key: output for output in group}
        if stream is not None:
            stream.hear(group)
    return (outputs[request.key] for request in requests)


def _require_answer(output: Generation) -> None:
    if output.finish_reason in REFUSALS and not output.text.strip():
        words = "" if output.call is None or output.call.problem is None else f": {output.call.problem}"
        raise UserError(f"the question got no answer, it was {REFUSAL_WORDS[output.finish_reason]}{words}")
