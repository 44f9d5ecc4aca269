"""Sampling from any OpenAI-compatible endpoint, behind the same door as the local sampler."""

from collections.abc import Iterator, Sequence
from typing import Any

from tpobench.harness.api.calls import Call, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.responses import Answer, Choice
from tpobench.harness.errors import UserError
from tpobench.harness.models.tokens import Encoder
from tpobench.harness.records import Generation, Request, SamplingParams, content_key

OWN_DISTRIBUTION = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0}
"""Servers sample by settings of their own, or of the model's, unless they are told not to. These fields are vLLM's;
llama.cpp knows the first two, and repeats without a penalty by itself."""


class EndpointSampler:
    """Samples of one prompt are asked for together (``n``), but the answers are counted: servers differ in what they
    make of it. What is missing is asked for again, one by one once a server was seen to send too few or to refuse.

    With the `encoder` of the model that is served, generations have token ids: the server's, where it sends them
    (``return_token_ids``, as vLLM does), and otherwise the encoder's. Such a model is sampled by temperature and top-p
    alone, as in this process.
    """

    def __init__(self, client: Client, encoder: Encoder | None = None) -> None:
        self._client = client
        self._encoder = encoder
        self._honours_n = True
        self._owed: dict[str, Sequence[Request]] = {}
        self._done: list[Generation] = []
        self._refused: list[str] = []

    def sample(self, requests: Sequence[Request], params: SamplingParams) -> Iterator[list[Generation]]:
        """Raises UserError when the server refuses a prompt, or gives up on one, after all others are done."""
        self._owed, self._done, self._refused = {}, [], []
        unpadded = [request for request in requests if not request.is_padding]  # a server's batches are its own
        try:
            for _ in self._client.ask_all(self._calls(unpadded, params), lambda reply: self._accept(reply, params)):
                yield from self._finished()
        except UserError:
            yield from self._finished()  # of a prompt whose other samples did not come any more
            raise
        if self._refused:
            raise UserError(
                f"the server refuses {len(self._refused)} prompts, the first {self._refused[0]}; the others are stored"
            )
        if self._client.given_up:
            raise UserError(
                f"{self._client.given_up} prompts got no answer ({self._client.last_problem}); the others are stored, "
                "run the command again to ask for the rest"
            )

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
        return Call(group[0].key, "sample", group[0].messages, options)

    def _accept(self, reply: Reply, params: SamplingParams) -> str | Call | None:
        owed = self._owed[reply.call.subject]
        if reply.answer is None:
            if reply.final and reply.call.options.get("n", 1) > 1:  # some servers refuse an n above their slots
                self._honours_n = False
                return self._call(owed, params)
            if reply.final:
                self._refused.append(f"{owed[0].label}: {reply.problem}")
            return reply.problem
        came = reply.answer.choices[: len(owed)]
        prompt_ids = self._prompt_ids(owed[0], reply.answer)
        for request, choice in zip(owed, came, strict=False):
            call = reply.record if request is owed[0] else None
            token_ids, reason = self._token_ids(choice), choice.finish_reason
            seconds = reply.record.latency_s
            self._done.append(
                Generation(
                    request=request,
                    prompt_ids=prompt_ids,
                    token_ids=token_ids,
                    text=choice.text,
                    finish_reason=reason,
                    seconds=seconds,
                    call=call,
                )
            )
        del self._owed[reply.call.subject]
        if len(came) == len(owed):
            return None
        self._honours_n = False
        return self._call(owed[len(came) :], params)

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


def _same_prompt(requests: Sequence[Request]) -> Iterator[list[Request]]:
    groups: dict[str, list[Request]] = {}
    for request in requests:
        groups.setdefault(content_key(request.messages), []).append(request)
    yield from groups.values()
