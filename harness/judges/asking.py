"""A judge that asks a model: every comparison that the store lacks goes through the API client, and each answer is
stored as it comes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from tpobench.harness.api.budget import estimated_tokens
from tpobench.harness.api.calls import Call, Reply
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import endpoint_named
from tpobench.harness.api.responses import Choice, Malformed
from tpobench.harness.errors import UserError
from tpobench.harness.finish_reasons import REFUSED, TOO_LONG
from tpobench.harness.judges.base import CallEstimate, Comparison, Reading
from tpobench.harness.native_thoughts import with_native_thought
from tpobench.harness.progress import Progress
from tpobench.harness.records import Judgment, Message, Prompt, text_key
from tpobench.harness.store.store import Store

CUT = "cut"
"""What stands for the verdict of an answer that ends at the token limit before it has one."""

MISSING_WORDS = {
    REFUSED: "refused by the judge's server",
    TOO_LONG: "too long for the judge's context",
    CUT: "cut before a verdict, raise the judge's max tokens",
}
"""Why a verdict is missing, by what stands for it."""


class ComparisonProtocol(Protocol):
    """How a model is asked which of two responses is better, and how its answer is read."""

    @property
    def id(self) -> str:
        """Names everything that determines a judgment: prompts, parser, model and parameters; not the address."""

    @property
    def label(self) -> str:
        """Its name for people."""

    @property
    def model(self) -> str:
        """Who is asked unless an endpoint is named: NAME, or NAME@http://..."""

    @property
    def options(self) -> Mapping[str, Any]:
        """Parameters of the API call."""

    @property
    def official(self) -> bool:
        """Whether it is a published judge, asked as published."""

    @property
    def ties_identical(self) -> bool:
        """Whether equal responses are a tie without a call."""

    def order(self, prompt: Prompt) -> str:
        """The order of a single judgment: the protocol's own, seeded by the prompt."""

    def messages(self, comparison: Comparison) -> tuple[Message, ...]:
        """What the model is asked."""

    def read(self, choice: Choice) -> Reading:
        """Raises Malformed for an answer that lacks what was asked of the server, such as log-probabilities."""

    def follow_up(self, messages: tuple[Message, ...], text: str) -> tuple[Message, ...] | None:
        """What to say next to a judge that gave no verdict; None when nothing more is said."""


@dataclass(frozen=True, kw_only=True)
class ModelJudge:
    """What is asked, and the client that reaches who is asked; without a client no model is asked (a plan, a gate
    offline). What was refused is asked again, once by each judge; with `retry_missing`, so is what was answered without
    a verdict. `asked` are the keys that this judge has asked for."""

    protocol: ComparisonProtocol
    client: Client | None
    progress: Progress
    retry_missing: bool = False
    asked: set[str] = field(default_factory=set, compare=False)

    free = False
    scorer = None

    @property
    def id(self) -> str:
        return self.protocol.id

    @property
    def label(self) -> str:
        return self.protocol.label

    @property
    def official(self) -> bool:
        return self.protocol.official

    def require(self, prompts: Sequence[Prompt]) -> None:
        """It can be asked about any prompt."""

    def orders(self, prompt: Prompt, both: bool) -> tuple[str, ...]:
        return ("BA", "AB") if both else (self.protocol.order(prompt),)

    def key(self, comparison: Comparison) -> str:
        return comparison.key(self.id)

    def estimate(self, comparison: Comparison) -> CallEstimate:
        tokens = sum(estimated_tokens(message["content"]) for message in self.protocol.messages(comparison))
        endpoint = endpoint_named(self.protocol.model) if self.client is None else self.client.endpoint
        return CallEstimate(endpoint.model, tokens, int(self.protocol.options.get("max_tokens") or 0))

    def judge(self, store: Store, comparisons: Sequence[Comparison], title: str) -> list[str]:
        by_key = {self.key(comparison): comparison for comparison in comparisons}
        keys_to_ask = store.missing("judgment", list(by_key))
        if self.client is not None:
            again = store.without_verdict(list(by_key), refused=not self.retry_missing)
            keys_to_ask += [key for key in again if key not in self.asked]
            self.asked.update(keys_to_ask)
        ties = [key for key in keys_to_ask if self.protocol.ties_identical and _identical(by_key[key])]
        store.add_judgments(self._judgment(key, by_key[key], Reading("identical", 0.5), "") for key in ties)
        paid = [key for key in keys_to_ask if key not in set(ties)]
        if paid:
            self._ask(store, {key: by_key[key] for key in paid}, title)
        store.drain()
        return [self.key(comparison) for comparison in comparisons]

    def close(self) -> None:
        """The model is elsewhere."""

    def _ask(self, store: Store, owed: dict[str, Comparison], title: str) -> None:
        def accept(reply: Reply) -> str | Call | None:
            return self._take(store, owed[reply.call.subject], reply)

        client = self.client
        if client is None:
            raise UserError(f"{len(owed)} judgments of {self.label} are missing, and no model may be asked for them")
        with self.progress.calling(title, len(owed)) as progress:
            for ended in client.ask_all(self._calls(owed), accept):
                progress.advance(ended, client.budget.usd, client.retries, client.activity)
        if client.given_up:
            raise UserError(
                f"{client.given_up} of {len(owed)} judgments got no answer ({client.last_problem}); the "
                "others are stored, run the command again to ask for the rest"
            )

    def _calls(self, owed: dict[str, Comparison]) -> Iterator[Call]:
        for key, comparison in owed.items():
            comparison.require_no_thought()
            yield Call(key, "judge", self.protocol.messages(comparison), self.protocol.options)

    def _take(self, store: Store, comparison: Comparison, reply: Reply) -> str | Call | None:
        """Store the reply: with a judgment when it is the last word on the comparison."""
        key = reply.call.subject
        if reply.answer is None or reply.answer.choices[0].is_refused:
            return self._take_refusal(store, comparison, reply)
        # A judge that was asked to go on is read as one: what it said before, and what it added.
        earlier = [message["content"] for message in reply.call.messages if message["role"] == "assistant"]
        choice = reply.answer.choices[0]
        choice = replace(choice, text="\n".join([*earlier, choice.text]))
        raw = with_native_thought(choice.thought, choice.text)
        try:
            reading = Reading(CUT, None) if choice.is_cut else self.protocol.read(choice)
        except Malformed as error:
            last = [self._judgment(key, comparison, Reading("unreadable", None), raw)] if reply.final else []
            store.add_judgments(last, [replace(reply.record, problem=str(error))])
            return str(error)
        if reading.first is None and not choice.is_cut:
            messages = self.protocol.follow_up(tuple(reply.call.messages), choice.text)
            if messages is not None:
                store.add_calls([reply.record])
                return Call(key, "judge", messages, self.protocol.options)
            if choice.finish_reason == "length" and choice.top_logprobs is None:
                reading = Reading(CUT, None)
        store.add_judgments([self._judgment(key, comparison, reading, raw)], [reply.record])
        return None

    def _take_refusal(self, store: Store, comparison: Comparison, reply: Reply) -> str | None:
        """A comparison that does not fit into the judge's context has no verdict. Any other refusal is no judgment: its
        row says that the verdict is missing, and the next run asks again."""
        choice = None if reply.answer is None else reply.answer.choices[0]
        verdict = TOO_LONG if choice is not None and choice.finish_reason == TOO_LONG else REFUSED
        words = reply.problem or ("" if choice is None else choice.refusal)
        missing = self._judgment(reply.call.subject, comparison, Reading(verdict, None), words)
        last = [missing] if reply.final else []
        store.add_judgments(last, [replace(reply.record, problem=words)])
        return None if verdict == TOO_LONG else words

    def _judgment(self, key: str, comparison: Comparison, reading: Reading, raw: str) -> Judgment:
        return Judgment(
            key=key,
            judge=self.id,
            prompt_key=comparison.prompt.key,
            response_a=text_key(comparison.candidate),
            response_b=text_key(comparison.baseline),
            chars_a=len(comparison.candidate),
            chars_b=len(comparison.baseline),
            order=comparison.order,
            verdict=reading.verdict,
            preference=reading.preference(comparison.order),
            raw=raw,
        )


def _identical(comparison: Comparison) -> bool:
    return comparison.candidate == comparison.baseline


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``{name}`` replaced once, in one pass: braces inside a response stay as they are."""
    return re.sub("|".join(re.escape(f"{{{name}}}") for name in values), lambda m: values[m[0][1:-1]], template)
