"""Sampling from any OpenAI-compatible endpoint, behind the same door as the local sampler."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

from tpobench.harness.api.calls import Call, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.responses import Answer, Choice, Malformed, read_answer
from tpobench.harness.errors import UserError
from tpobench.harness.finish_reasons import REFUSED
from tpobench.harness.models.tokens import Encoder
from tpobench.harness.records import Generation, Request, SamplingParams, content_key
from tpobench.harness.samplers.base import BETWEEN_LOOKS, UNFINISHED, Listener, unanswered

OWN_DISTRIBUTION = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
"""Servers sample by settings of their own, or of the model's, unless they are told not to. These fields are vLLM's;
llama.cpp knows the first two, and repeats without a penalty by itself."""

STREAM = {"stream": True, "stream_options": {"include_usage": True}}
"""How an answer is asked for in pieces, with its count of tokens at the end."""

UNEXPLAINED = 8
"""So many errors that do not say what they are about, and no answer: they are about every prompt."""


class EndpointSampler:
    """Samples of one prompt are asked for together (``n``), but the answers are counted: servers differ in what they
    make of it. What is missing is asked for again, one by one once a server was seen to send too few or to refuse.

    With the `encoder` of the model that is served, generations have token ids: the server's, where it sends them
    (``return_token_ids``, as vLLM does), and otherwise the encoder's. Such a model is sampled by temperature and top-p
    alone, as in this process.
    """

    def __init__(self, client: Client, encoder: Encoder | None = None, listener: Listener | None = None) -> None:
        """A `listener` hears a single request's output while it is written, from servers that stream."""
        self._client = client
        self._encoder = encoder
        self._listener = listener
        self._next_look = 0.0
        self._stream_options = dict(STREAM)
        self._honours_n = True
        self._owed: dict[str, Sequence[Request]] = {}
        self._done: list[Generation] = []
        self._unexplained: list[tuple[Sequence[Request], Reply]] = []
        self._unusable: list[str] = []
        self._is_answered = False

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        """A prompt that the server refuses is answered by nothing, with the reason. Raises UserError when the server
        refuses whatever it is asked, or gives up on a prompt, after all others are done."""
        self._owed, self._done, self._unexplained = {}, [], []
        self._unusable = []
        unpadded = [request for request in requests if not request.is_padding]  # a server's batches are its own
        heard = partial(self._hear, unpadded[0]) if self._listener is not None and len(unpadded) == 1 else None
        if heard is None:
            self._stream_options = {}
        calls = self._calls(unpadded, params)
        try:
            for ended in self._client.ask_all(calls, lambda reply: self._accept(reply, params), heard):
                yield from self._finished() if ended or self._done else ([],)
        except (UserError, KeyboardInterrupt):
            yield from self._finished()  # answered, though the call was not at its end: its other samples did not come
            raise
        self._require_answers()
        if self._unusable:
            raise UserError(
                f"{_prompts(len(self._unusable))} got no answer that can be used, the first {self._unusable[0]}; the "
                "others are stored, run the command again to ask for the rest"
            )
        if self._client.given_up:
            raise UserError(
                f"{_prompts(self._client.given_up)} got no answer ({self._client.last_problem}); the others are "
                "stored, run the command again to ask for the rest"
            )

    @property
    def activity(self) -> str:
        """What the server is waited for."""
        return self._client.activity

    def close(self) -> None:
        """Nothing is held between calls."""

    def _finished(self) -> Iterator[list[Generation]]:
        if self._done:
            finished, self._done = self._done, []
            yield finished

    def _calls(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[Call]:
        for group in _same_prompt(requests):
            for part in [group] if self._honours_n else [[request] for request in group]:
                yield self._call(part, params)

    def _call(self, group: Sequence[Request], params: SamplingParams) -> Call:
        """One request for every sample of the group; its seed follows from the first sample's key."""
        self._owed[group[0].key] = group
        options: dict[str, Any] = {
            "temperature": params.temperature,
            "top_p": params.top_p,
            "max_tokens": params.max_new_tokens,
            "seed": int(content_key(group[0].key)[:7], 16),
        }
        if self._encoder is not None:
            options |= OWN_DISTRIBUTION | {"return_token_ids": True}
        if len(group) > 1 and self._honours_n:
            options["n"] = len(group)
        options |= self._stream_options
        return Call(group[0].key, "sample", group[0].messages, options)

    def _accept(self, reply: Reply, params: SamplingParams) -> str | Call | None:
        owed = self._owed[reply.call.subject]
        if reply.answer is None:
            if reply.final and reply.call.options.get("n", 1) > 1:  # some servers refuse an n above their slots
                self._honours_n = False
                return self._call(owed, params)
            if reply.final and reply.status >= 400 and self._stream_options:  # not every server streams, or counts then
                says_usage = "stream_options" in (reply.problem or "") and "stream_options" in self._stream_options
                self._stream_options = {"stream": True} if says_usage else {}
                return self._call(owed, params)
            if reply.final and reply.status >= 400:
                self._keep_unexplained(owed, reply)
            elif reply.final:
                self._unusable.append(f"{owed[0].label}: {reply.problem}")
            return reply.problem
        if reply.answer.refusal is not None:
            self._done += [self._generation(request, reply, reply.answer.choices[0]) for request in owed]
            del self._owed[reply.call.subject]
            return None
        came = reply.answer.choices[: len(owed)]
        self._done += [self._generation(request, reply, choice) for request, choice in zip(owed, came, strict=False)]
        del self._owed[reply.call.subject]
        self._is_answered = True
        self._refuse_unexplained()
        if len(came) == len(owed):
            return None
        self._honours_n = False
        return self._call(owed[len(came) :], params)

    def _hear(self, request: Request, completion: Callable[[], bytes]) -> None:
        """Tell the listener what the server has written so far, now and then."""
        if self._listener is None or monotonic() < self._next_look:
            return
        self._next_look = monotonic() + BETWEEN_LOOKS
        try:
            (choice, *_) = read_answer(completion()).choices
        except Malformed:
            return
        self._listener([replace(unanswered(request, UNFINISHED), text=choice.text, thought=choice.thought)])

    def _generation(self, request: Request, reply: Reply, choice: Choice) -> Generation:
        refused = choice.is_refused
        call = reply.record if request.key == reply.call.subject else None
        if refused and call is not None:
            call = replace(call, problem=call.problem or choice.refusal)
        return Generation(
            request=request,
            prompt_ids=() if refused or reply.answer is None else self._prompt_ids(request, reply.answer),
            token_ids=() if refused else self._token_ids(choice),
            text=choice.text,
            finish_reason=choice.finish_reason,
            seconds=reply.record.latency_s,
            call=call,
            thought=choice.thought,
        )

    def _keep_unexplained(self, owed: Sequence[Request], reply: Reply) -> None:
        """An error that says neither that it is about this prompt nor that it is about all: others tell. Raises
        UserError once several prompts met one and none was answered."""
        self._unexplained.append((owed, reply))
        if self._is_answered:
            self._refuse_unexplained()
        elif len(self._unexplained) >= UNEXPLAINED:
            self._require_answers()

    def _refuse_unexplained(self) -> None:
        """Other prompts were answered: an error was about its own prompt."""
        for owed, reply in self._unexplained:
            self._done += [self._generation(request, reply, Choice(text="", finish_reason=REFUSED)) for request in owed]
        self._unexplained = []

    def _require_answers(self) -> None:
        if self._unexplained:
            (first, *_), reply = self._unexplained[0]
            raise UserError(
                f"the server refuses {_prompts(len(self._unexplained))} and answers none, the first {first.label}: "
                f"{reply.problem}"
            )

    def _prompt_ids(self, request: Request, answer: Answer) -> tuple[int, ...]:
        if self._encoder is None:
            return ()
        return answer.prompt_ids or self._encoder.prompt(request.messages)

    def _token_ids(self, choice: Choice) -> tuple[int, ...]:
        """Ids are trained on: an output that ended by itself has its end token last, whoever encoded it."""
        if self._encoder is None:
            return ()
        tokens = choice.token_ids or self._encoder.output(choice.text)
        return self._encoder.ended(tokens) if choice.finish_reason == "stop" else tokens


def _prompts(number: int) -> str:
    return "1 prompt" if number == 1 else f"{number} prompts"


def _same_prompt(requests: Sequence[Request]) -> Iterator[list[Request]]:
    groups: dict[str, list[Request]] = {}
    for request in requests:
        groups.setdefault(content_key(request.messages), []).append(request)
    yield from groups.values()
