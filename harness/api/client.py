"""The one asynchronous API client: concurrency, rate limits, retries, budget, usage.

Every API call of the product, sampling or judging, goes through `Client.ask_all`.
"""

import asyncio
import random
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any

from tpobench.harness.api.budget import CHARS_PER_TOKEN, Budget, Prices
from tpobench.harness.api.calls import Accept, Call, Limits, Reply
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.api.pace import metered, retry_after, spaced
from tpobench.harness.api.refusals import error_words, is_wrong_request, refusal_in
from tpobench.harness.api.responses import (
    Answer,
    Malformed,
    read_answer,
    refused_answer,
    same_model,
    served_model,
    tokens_used,
)
from tpobench.harness.errors import UserError
from tpobench.harness.records import CallRecord, Usage

HOPELESS = 20
"""After this many calls in a row without an answer the run ends: the server is gone."""

USELESS = 100
"""After this many unusable answers in a row the run ends, since each of them may cost money."""


class _NotThere(UserError):
    """The address or the model is not known to the server (HTTP 404 or 405)."""


class _Again(Exception):
    """A try failed, and another one may succeed. `after` is the wait that the server asks for, in seconds."""

    def __init__(self, problem: str, after: float | None = None, charged: bool = False) -> None:
        super().__init__(problem)
        self.after = after
        self.charged = charged


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
        self._jitter = random.Random()
        self._hopeless = self._useless = 0
        self._fatal: Exception | None = None
        self._checked = False

    def ask_all(self, calls: Iterable[Call], accept: Accept) -> Iterator[int]:
        """Make every call, `concurrency` at a time. `accept` gets each reply the moment it is read; the number of calls
        that have ended since the last time is yielded, for a progress bar.

        Raises UserError when the key is missing or refused, the model is not served, the budget is spent (BudgetSpent)
        or the server is gone. Calls are taken from the iterable as they are needed.
        """
        loop = asyncio.new_event_loop()
        tasks: list[asyncio.Task[None]] = []
        self._fatal, self._hopeless, self._useless = None, 0, 0
        opened = None
        try:
            opened = loop.run_until_complete(self._open())
            waiting = iter(calls)
            self._ended = 0
            self._wake, self._settled = asyncio.Event(), asyncio.Event()
            workers = [self._work(opened, waiting, accept) for _ in range(self.limits.concurrency)]
            tasks = [loop.create_task(worker) for worker in workers]
            while any(not task.done() for task in tasks):
                loop.run_until_complete(self._something_ends(tasks))
                ended, self._ended = self._ended, 0
                if ended:
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
            if opened is not None:
                loop.run_until_complete(opened.close())
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _something_ends(self, tasks: Sequence["asyncio.Task[None]"]) -> None:
        self._wake.clear()
        if any(not task.done() for task in tasks):
            await self._wake.wait()

    async def _open(self) -> Any:
        """The `openai` client, on its aiohttp transport (a third less CPU a call), with retries left to us."""
        import httpx2
        from openai import AsyncOpenAI, DefaultAioHttpClient

        size = self.limits.concurrency
        opened = AsyncOpenAI(
            api_key=self.endpoint.api_key() or "none",
            base_url=self.endpoint.base_url,
            max_retries=0,
            timeout=self.limits.timeout_s,
            http_client=DefaultAioHttpClient(
                limits=httpx2.Limits(max_connections=size, max_keepalive_connections=size), follow_redirects=False
            ),
        )
        self._requests = spaced(self.limits.requests_per_minute)
        self._tokens = metered(self.limits.tokens_per_minute)
        if not self._checked:
            try:
                await self._require_model(opened)
            except BaseException:
                await opened.close()
                raise
            self._checked = True
        return opened

    async def _require_model(self, opened: Any) -> None:
        """Refuse a model that the server does not list before anything is spent. A server without a list is trusted."""
        for attempt in range(3):
            try:
                body = (await self._send(opened.get, "/models")).json()
                break
            except _NotThere:
                return
            except (_Again, ValueError) as error:
                if attempt == 2:
                    raise UserError(f"no answer from {self.endpoint.base_url}: {error}; is the server up?") from error
                await asyncio.sleep(getattr(error, "after", None) or 0.5)
        entries = body.get("data") if isinstance(body, dict) else None
        listed = [str(entry.get("id")) for entry in entries or [] if isinstance(entry, dict)]
        if listed and not any(
            name == self.endpoint.model or name.endswith(f"/{self.endpoint.model}") for name in listed
        ):
            shown = ", ".join(sorted(listed)[:8])
            raise UserError(
                f"{self.endpoint.base_url} does not serve {self.endpoint.model!r}; it lists {shown}: no call was made"
            )

    async def _work(self, opened: Any, waiting: Iterator[Call], accept: Accept) -> None:
        """Take calls until there are none, or until something ends the run."""
        try:
            while self._fatal is None:
                call = next(waiting, None)
                if call is None:
                    return
                try:
                    await self._finish(opened, call, accept)
                except Exception as error:  # whatever it is, no further call is made; ask_all raises it
                    self._fatal = self._fatal or error
                    self._settled.set()
                    return
                self._ended += 1
                self._wake.set()
        finally:
            self._wake.set()

    async def _finish(self, opened: Any, call: Call, accept: Accept) -> None:
        """Try until the call is answered and accepted, or given up."""
        failed = malformed = 0
        while self._fatal is None:
            final = malformed + 1 >= self.limits.malformed_attempts
            try:
                reply = await self._try(opened, call, failed + malformed + 1, final)
            except _Again as error:
                failed += 1
                self.last_problem = str(error)
                if failed >= self.limits.attempts:
                    self._give_up()
                    return
                wait = error.after if error.after is not None else min(60.0, 0.25 * 2**failed)
                self.retries += 1
                await asyncio.sleep(wait + self._jitter.random() * min(wait, 1.0))
                continue
            self._hopeless = 0
            outcome = accept(reply)
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

    def _give_up(self) -> None:
        self.given_up += 1
        self._hopeless += 1
        if self._hopeless >= HOPELESS:
            raise UserError(
                f"{self.endpoint.base_url} has stopped answering ({self.last_problem}); all answers so far are stored, "
                "run the command again to continue"
            )

    async def _try(self, opened: Any, call: Call, attempt: int, final: bool) -> Reply:
        """One request. Raises _Again for a failure of the server's or the network's."""
        chars = sum(len(message["content"]) for message in call.messages)
        max_tokens = int(call.options.get("max_tokens") or call.options.get("max_completion_tokens") or 0)
        if self._requests is not None:
            await self._requests.acquire()
        if self._tokens is not None:
            await self._tokens.acquire(min(chars / CHARS_PER_TOKEN + max_tokens, self._tokens.max_rate))
        reserved = await self._reserve(chars, max_tokens)
        body = {"model": self.endpoint.model, "messages": [dict(m) for m in call.messages], **call.options}
        started = time.monotonic()
        cost: float | None = None
        charged, prompt, completion = False, None, None
        try:
            response = await self._send(opened.post, "/chat/completions", body=body)
            charged = True
            seconds = time.monotonic() - started
            answer, problem, served = None, None, None
            if response.status_code >= 400:
                charged = False
                answer, problem = self._refused(call, response.status_code, response.text)
                final = True
            else:
                try:
                    answer = read_answer(response.content)
                    served, prompt, completion = answer.served_model, answer.prompt_tokens, answer.completion_tokens
                    problem = answer.choices[0].refusal or None
                    final = final or problem is not None
                    if not same_model(self.endpoint.model, served):
                        answer, problem = None, f"the answer comes from another model, {served!r}"
                except Malformed as error:
                    problem, served = str(error), served_model(error.body)
                    prompt, completion = tokens_used(error.body)
            cost = self.budget.prices.cost(self.endpoint.model, prompt, completion)
        except _Again as error:
            charged = error.charged
            raise
        finally:
            if charged:
                self.budget.charge(reserved, cost, prompt, completion)
            else:
                self.budget.release(reserved)
            self._settled.set()
        record = CallRecord(
            key=uuid.uuid4().hex,
            subject=call.subject,
            kind=call.kind,
            model=self.endpoint.model,
            served_model=served,
            usage=Usage(prompt, completion, cost),
            latency_s=seconds,
            attempt=attempt,
            problem=problem,
        )
        return Reply(call=call, record=record, answer=answer, problem=problem, final=final)

    def _refused(self, call: Call, status: int, body: str) -> tuple[Answer | None, str]:
        """The answer to a prompt that the server will not answer, if that is what the error says, and its words. Raises
        UserError for an error that every prompt would meet, unless it may be about the number of samples."""
        refusal = refusal_in(status, body)
        if refusal is None and call.options.get("n", 1) == 1 and is_wrong_request(body):
            raise UserError(
                f"{self.endpoint.base_url} does not take the request for {self.endpoint.model!r} (HTTP {status}: "
                f"{error_words(body)}); nothing more was asked"
            )
        return (None if refusal is None else refused_answer(refusal)), f"HTTP {status}: {error_words(body)}"

    async def _reserve(self, chars: int, max_tokens: int) -> float:
        while (reserved := self.budget.reserve(self.endpoint.model, chars, max_tokens)) is None:
            self._settled.clear()
            await self._settled.wait()
        return reserved

    async def _send(self, method: Callable[..., Coroutine[Any, Any, Any]], path: str, **arguments: Any) -> Any:
        """The raw response, any status that concerns this request alone included.

        Raises _Again where another try may help, UserError where none will.
        """
        import httpx2
        import openai

        started = time.monotonic()
        try:
            async with asyncio.timeout(self.limits.timeout_s):
                return await method(path, cast_to=httpx2.Response, **arguments)
        except openai.APIStatusError as error:
            return self._refusal(error)
        except (openai.APITimeoutError, TimeoutError) as error:
            if time.monotonic() - started < 0.9 * self.limits.timeout_s:  # a refused connection comes as a timeout too
                raise _Again("the connection failed") from error
            raise _Again(f"no answer within {self.limits.timeout_s:g} s", charged=True) from error
        except (openai.APIConnectionError, httpx2.HTTPError, OSError) as error:
            raise _Again(f"the connection failed ({type(error.__cause__ or error).__name__})") from error

    def _refusal(self, error: Any) -> Any:
        status = error.status_code
        where = self.endpoint.base_url
        if refusal_in(status, error.response.text) is not None:
            return error.response
        if status in (401, 403):
            raise UserError(f"{where} refuses the API key (HTTP {status}); nothing was retried") from error
        if status == 404 or status == 405:
            raise _NotThere(
                f"{where} answers HTTP {status} for {self.endpoint.model!r}; check address and model"
            ) from error
        if status == 402 or (status == 429 and "insufficient_quota" in error.response.text):
            raise UserError(f"{where} says that the account's credit is used up (HTTP {status})") from error
        if status in (408, 409, 425, 429) or status >= 500 or 300 <= status < 400:
            raise _Again(f"HTTP {status}", retry_after(error.response.headers)) from error
        return error.response


Connect = Callable[[Endpoint], Client]
"""Makes the client that reaches an endpoint."""
