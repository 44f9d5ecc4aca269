"""The one asynchronous API client: concurrency, rate limits, retries, budget, usage.

Every API call of the product, sampling or judging, goes through `Client.ask_all`.
"""

import asyncio
import json
import random
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from tpobench.harness.api.budget import Budget, CallSize, Prices, Reservation, estimated_tokens, text_bytes
from tpobench.harness.api.calls import Accept, Call, Limits, Reply
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.api.event_stream import Heard
from tpobench.harness.api.faults import Fault, plain
from tpobench.harness.api.keys import clear_text_warning
from tpobench.harness.api.listing import require_listed
from tpobench.harness.api.pace import metered, set_within, spaced
from tpobench.harness.api.responses import Answer, Malformed, read_answer, same_model, served_model, tokens_used
from tpobench.harness.api.statuses import refused_or_wrong, require_answer, status_of, words_of
from tpobench.harness.api.transport import Response, Transport
from tpobench.harness.api.waits import Pause, backoff, say
from tpobench.harness.errors import UserError
from tpobench.harness.records import CallRecord, Usage

HOPELESS = 20
"""After this many calls in a row without an answer the run ends: the server is gone."""

USELESS = 100
"""After this many unusable answers in a row the run ends, since each of them may cost money."""

FIRST_ANSWER = 10.0
"""Seconds that the other calls wait for the first answer, which shows whether the right model answers."""

_LIST_S = 20.0
"""Seconds that a server may take for its list of models."""


class _Stopped(Exception):
    """The run has ended while a call waited for its turn."""


class Client:
    """Asks one model at one endpoint. Synchronous from outside: it runs its own event loop, in the calling thread."""

    def __init__(self, endpoint: Endpoint, limits: Limits | None = None, budget: Budget | None = None) -> None:
        """Raises UserError when the budget needs a price that is not known."""
        self.endpoint = endpoint
        self.limits = limits or Limits()
        self.budget = budget or Budget(prices=Prices({}))
        self.budget.require_price(endpoint.model)
        self.given_up = 0
        """Calls that no try could get answered: they are owed still."""
        self.last_problem = ""
        self.retries = 0
        self._trouble = ""
        self._jitter = random.Random()
        self._hopeless = self._useless = 0
        self._fatal: Exception | None = None
        self._checked = self._is_known = False
        self._pause = Pause(urlsplit(endpoint.base_url).hostname or endpoint.base_url)
        self._started, self._ended = time.monotonic(), 0

    @property
    def activity(self) -> str:
        """What is done right now, for a progress bar."""
        if self._pause.is_on:
            return self._pause.told
        rate = self._ended / max(time.monotonic() - self._started, 1e-6)
        return "waiting for answers" + (f", {rate:,.1f} calls/s" if self._ended else "") + self._trouble

    def ask_all(self, calls: Iterable[Call], accept: Accept, heard: Heard | None = None) -> Iterator[int]:
        """Make every call, `concurrency` at a time.

        Args:
            calls: Taken as they are needed.
            accept: Gets each reply the moment it is read.
            heard: Told of each piece of an answer that was asked for as a stream.

        Yields:
            The number of calls that have ended since the last time; 0 once a second where none has, so that a progress
            bar can show the client's `activity`.

        Raises:
            UserError: The key is missing or refused, another model answers, the budget is spent (BudgetSpent), the
                server is gone or asks for a long wait.
        """
        loop = asyncio.new_event_loop()
        tasks: list[asyncio.Task[None]] = []
        self._fatal, self._hopeless, self._useless = None, 0, 0
        transport = None
        try:
            transport = loop.run_until_complete(self._open(heard))
            waiting = iter(calls)
            self._started, self._ended, told = time.monotonic(), 0, 0
            self._pause.answered()
            self._wake, self._settled = asyncio.Event(), asyncio.Event()
            self._first, self._stop = asyncio.Event(), asyncio.Event()
            workers = [self._work(transport, waiting, accept, number) for number in range(self.limits.concurrency)]
            tasks = [loop.create_task(worker) for worker in workers]
            while any(not task.done() for task in tasks):
                loop.run_until_complete(self._something_ends(tasks))
                ended, told = self._ended - told, self._ended
                self._pause.say_once()
                yield ended
            for task in tasks:
                task.result()
            if self._fatal is not None:
                raise self._fatal
        finally:
            for task in tasks:
                task.cancel()
            if tasks:
                loop.run_until_complete(asyncio.wait(tasks))
            if transport is not None:
                loop.run_until_complete(transport.close())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _something_ends(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        self._wake.clear()
        if any(not task.done() for task in tasks):
            await set_within(self._wake, 1.0)

    async def _open(self, heard: Heard | None) -> Transport:
        self._requests = spaced(self.limits.requests_per_minute)
        self._tokens = metered(self.limits.tokens_per_minute)
        transport = Transport(self.endpoint, self.limits.concurrency, heard)
        if self._checked:
            return transport

        async def get(url: str) -> Response:
            return await self._get(transport, url)

        try:
            if warning := clear_text_warning(self.endpoint.base_url):
                say(warning)
            await require_listed(self.endpoint, get)
        except BaseException:
            await transport.close()
            raise
        self._checked = True
        return transport

    async def _get(self, transport: Transport, url: str) -> Response:
        seconds = min(self.limits.timeout_s, _LIST_S)
        for attempt in range(3):
            try:
                return await self._send(transport, "GET", url, seconds)
            except Fault as fault:
                if attempt == 2 or fault.is_lasting or fault.is_sent:
                    raise
                await asyncio.sleep(0.5)
        raise AssertionError("the last try returns or raises")

    async def _work(self, transport: Transport, waiting: Iterator[Call], accept: Accept, number: int) -> None:
        """Take calls until there are none, or until something ends the run. The first worker goes ahead."""
        try:
            if number > 0 and not self._is_known:
                await set_within(self._first, FIRST_ANSWER)
            while self._fatal is None:
                call = next(waiting, None)
                if call is None:
                    return
                try:
                    await self._finish(transport, call, accept)
                except _Stopped:
                    return
                except Exception as error:  # whatever it is, no further call is made; ask_all raises it
                    self._fatal = self._fatal or error
                    self._settled.set()
                    self._stop.set()
                    return
                self._ended += 1
                self._wake.set()
        finally:
            self._first.set()
            self._wake.set()

    async def _finish(self, transport: Transport, call: Call, accept: Accept) -> None:
        """Try until the call is answered and accepted, or given up."""
        failed = malformed = 0
        while self._fatal is None:
            final = malformed + 1 >= self.limits.malformed_attempts
            try:
                reply = await self._try(transport, call, failed + malformed + 1, final)
            except Fault as fault:
                self._first.set()
                failed += 1
                self.last_problem, self._trouble = str(fault), f", trying again after: {str(fault)[:60]}"
                if failed >= self.limits.attempts:
                    self._give_up(fault)
                    return
                self.retries += 1
                wait = fault.after if fault.after is not None else backoff(failed)
                if fault.after is not None:
                    self._pause.begin(fault.problem, fault.after)
                    self._wake.set()
                await set_within(self._stop, wait + self._jitter.random() * min(wait, 1.0))
                continue
            self._hopeless, self._trouble = 0, ""
            self._pause.answered()
            outcome = accept(reply)
            self._require_right_name(reply)
            self._first.set()
            if isinstance(outcome, Call):
                call = outcome
                failed = malformed = 0
                continue
            if outcome is None:
                self._useless = 0
                return
            self.last_problem = outcome
            self._useless += 1
            if self._useless >= USELESS:
                raise UserError(
                    f"the last {USELESS} answers of {self.endpoint} were unusable ({outcome}); the answers "
                    "before them are stored"
                )
            if reply.final:
                return
            malformed += 1
            self.retries += 1

    def _give_up(self, fault: Fault) -> None:
        self.given_up += 1
        self._hopeless += 1
        if self._hopeless >= HOPELESS:
            advice = f"; {fault.advice}" if fault.advice else ""
            raise UserError(
                f"{self.endpoint.base_url} has stopped answering ({self.last_problem}{advice}); all answers so far are "
                "stored, run the command again to continue"
            )

    def _require_right_name(self, reply: Reply) -> None:
        """Raises UserError where the first answer of all comes from another model: all others would, too."""
        served = reply.record.served_model
        if self._is_known or served is None or self._is_ours(served):
            self._is_known = self._is_known or reply.answer is not None
            return
        name = plain(served)
        raise UserError(
            f"{self.endpoint.base_url} answers for {self.endpoint.model!r} under another name, {name!r}; nothing more "
            f"was asked. If that is the model you mean, name it: --served-model {name}, or "
            f"{self.endpoint.model}@{self.endpoint.base_url}#{name} where a file names the model"
        )

    def _is_ours(self, served: str | None) -> bool:
        return any(same_model(name, served) for name in (self.endpoint.model, *self.endpoint.served_as))

    async def _try(self, transport: Transport, call: Call, attempt: int, final: bool) -> Reply:
        """One request. Raises Fault for a failure of the server's or the network's."""
        size = CallSize.of(call.messages, call.options)
        body = {"model": self.endpoint.model, "messages": [dict(m) for m in call.messages], **call.options}
        await self._turn(call, size)
        if self._fatal is not None:
            raise _Stopped
        reserved = await self._reserve(size)
        started = time.monotonic()
        usage, is_charged = Usage(), False
        url = f"{self.endpoint.base_url}/chat/completions"
        try:
            response = await self._send(transport, "POST", url, self.limits.timeout_s, json.dumps(body).encode())
            seconds = time.monotonic() - started
            answer, problem, served = None, None, None
            status = status_of(response)
            require_answer(response, status, self.endpoint, self._is_known)
            if status >= 400:
                may_be_taken = self._is_known or int(call.options.get("n") or 1) > 1 or "stream" in call.options
                answer, problem = refused_or_wrong(response, status, self.endpoint, may_be_taken)
                final = True
            else:
                is_charged = True
                answer, problem, served, told = self._read(response.body)
                sent = sum(text_bytes(message["content"]) for message in call.messages)
                received = sum(text_bytes(choice.text) for choice in answer.choices) if answer else 0
                final = final or (answer is not None and problem is not None)
                usage = self.budget.believed(self.endpoint.model, told, sent, received)
        except Fault as fault:
            is_charged = fault.is_sent
            raise
        finally:
            if is_charged:
                self.budget.charge(reserved, usage)
            else:
                self.budget.release(reserved)
            self._settled.set()
        record = CallRecord(
            key=uuid.uuid4().hex,
            subject=call.subject,
            kind=call.kind,
            model=self.endpoint.model,
            served_model=served,
            usage=usage,
            latency_s=seconds,
            attempt=attempt,
            problem=problem,
        )
        return Reply(call=call, record=record, answer=answer, problem=problem, final=final, status=status)

    def _read(self, body: bytes) -> tuple[Answer | None, str | None, str | None, tuple[Any, Any]]:
        """The answer, or the problem with it; who answered, and what it took."""
        try:
            answer = read_answer(body)
        except Malformed as error:
            words = "" if error.body else words_of(body)
            return None, f"{error}{words}", served_model(error.body), tokens_used(error.body)
        told = (answer.prompt_tokens, answer.completion_tokens)
        if not self._is_ours(answer.served_model):
            return None, f"the answer comes from another model, {answer.served_model!r}", answer.served_model, told
        return answer, answer.choices[0].refusal or None, answer.served_model, told

    async def _turn(self, call: Call, size: CallSize) -> None:
        """Wait until a call may be sent: for the server's wish, and for the user's rates."""
        if self._requests is not None:
            await self._requests.acquire()
        if self._tokens is not None:
            sent = sum(estimated_tokens(message["content"]) for message in call.messages)
            await self._tokens.acquire(min(sent + size.completion, self._tokens.max_rate))
        while self._pause.is_on and self._fatal is None:
            await set_within(self._stop, self._pause.left)

    async def _reserve(self, size: CallSize) -> Reservation:
        while (reserved := self.budget.reserve(self.endpoint.model, size)) is None:
            self._settled.clear()
            await self._settled.wait()
            if self._fatal is not None:
                raise _Stopped
        return reserved

    async def _send(
        self, transport: Transport, method: str, url: str, seconds: float, body: bytes | None = None
    ) -> Response:
        """Any answer. Raises Fault where there is none."""
        return await transport.send(method, url, seconds, body)


Connect = Callable[[Endpoint], Client]
"""Makes the client that reaches an endpoint."""
