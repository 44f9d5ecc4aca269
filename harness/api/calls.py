"""Calls to an API: how many at a time, what is asked, and what came of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tpobench.harness.api.responses import Answer
from tpobench.harness.records import CallRecord, Message


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How hard a server may be pressed. Rates are per minute; None is unlimited."""

    concurrency: int = 64
    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    timeout_s: float = 300.0
    attempts: int = 12
    """Tries of one call that fail for the server's or the network's reasons."""
    malformed_attempts: int = 8
    """Tries of one call that are answered, and perhaps paid for, but not usable."""


@dataclass(frozen=True)
class Call:
    """A chat completion that is wanted: `options` are the request's other fields (max_tokens, temperature, ...)."""

    subject: str
    kind: str
    messages: Sequence[Message]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came of a call. `answer` is None when it is of no use; `problem` says why, and also why an answer is a
    refusal."""

    call: Call
    record: CallRecord
    answer: Answer | None
    problem: str | None = None
    final: bool = False
    """No further try will be made: what is not usable now is missing."""
    status: int = 200
    """The HTTP status: an error of 400 and more is about the request, else an answer is of no use."""


Accept = Callable[[Reply], "str | Call | None"]
"""Takes a reply and stores it. Returns why it is not usable, to have the call made again (unless the reply is
`final`), or another call that must follow, or None."""
