"""An answer that comes in pieces (server-sent events), put together into the completion that it would have been whole.

What reads answers then needs to know nothing of streams. Bounded: text that is never shown, such as fields of no use,
is not kept.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tpobench.harness.api.message_parts import reasoning_piece, text_and_thought

LONGEST_LINE = 16 * 2**20
"""Bytes of one event, and of all text that is kept."""

Heard = Callable[[Callable[[], bytes]], None]
"""Told that more of an answer has come; what it is given makes the completion so far, as JSON."""


class TooMuch(Exception):
    """The stream holds more than is kept."""


@dataclass(kw_only=True)
class _Choice:
    """The pieces of one answer."""

    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    finish_reason: Any = None
    error: Any = None

    def completed(self) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": "".join(self.texts)}
        message |= {"reasoning_content": "".join(self.thoughts)} if self.thoughts else {}
        message |= {"refusal": "".join(self.refusals)} if self.refusals else {}
        whole = {"message": message, "finish_reason": self.finish_reason}
        return whole if self.error is None else whole | {"error": self.error}


class EventStream:
    """Reads the bytes of a stream as they come. `is_done`: nothing that counts will follow."""

    def __init__(self) -> None:
        self.is_done = False
        self._rest = b""
        self._data: list[bytes] = []
        self._kept = self._waiting = 0
        self._choices: dict[int, _Choice] = {}
        self._told: dict[str, Any] = {}
        self._failure: Mapping[str, Any] | None = None

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes, cut anywhere. Raises TooMuch where they are more than is kept."""
        *lines, self._rest = (self._rest + chunk).split(b"\n") if b"\n" in chunk else (self._rest + chunk,)
        if len(self._rest) > LONGEST_LINE:
            raise TooMuch
        for line in lines:
            if not self.is_done:
                self._take(line.rstrip(b"\r"))

    def end(self) -> None:
        """The connection has ended: an event without the empty line after it counts, too."""
        for line in (self._rest.rstrip(b"\r"), b""):
            if not self.is_done:
                self._take(line)
        self._rest = b""

    @property
    def is_whole(self) -> bool:
        """Whether the answer came to its end: the server says so, or gives the reason why it ends."""
        return self.is_done or any(choice.finish_reason for choice in self._choices.values())

    @property
    def is_empty(self) -> bool:
        """Whether no event was one of an answer."""
        return not self._choices and self._failure is None

    def completion(self) -> bytes:
        """The completion so far; the error alone, where the stream holds one."""
        if self._failure is not None:
            return json.dumps({**self._told, **self._failure}).encode()
        choices = [self._choices[index].completed() for index in sorted(self._choices)]
        return json.dumps({**self._told, "choices": choices}).encode()

    def _take(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            self._data.append(line[5:].strip())
            self._waiting += len(line)
            self._require_room()
        elif not line and self._data:
            data, self._data, self._waiting = self._data, [], 0
            # Some servers leave out the empty line between events; an event may also be written over several lines.
            for text in data if all(map(_is_event, data)) else [b"\n".join(data)]:
                self._read(text)

    def _require_room(self) -> None:
        if self._kept > LONGEST_LINE or self._waiting > LONGEST_LINE:
            raise TooMuch

    def _read(self, text: bytes) -> None:
        if text == b"[DONE]":
            self.is_done = True
            return
        try:
            event = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(event, dict):
            return
        self._told |= {name: event[name] for name in ("model", "usage") if event.get(name)}
        choices = event.get("choices")
        if event.get("error") or not isinstance(choices, list):
            if any(event.get(name) for name in ("error", "detail", "message")):
                self._failure, self.is_done = {k: v for k, v in event.items() if k != "choices"}, True
            return
        for place, choice in enumerate(choices):
            if isinstance(choice, dict):
                self._add(choice, place)

    def _add(self, given: Mapping[str, Any], place: int) -> None:
        index = given.get("index")
        choice = self._choices.setdefault(index if type(index) is int else place, _Choice())
        choice.finish_reason = given.get("finish_reason") or choice.finish_reason
        choice.error = given.get("error") or choice.error
        delta = given.get("delta")
        delta = delta if isinstance(delta, dict) else given.get("message")
        if not isinstance(delta, dict):
            return
        text, thought = text_and_thought(delta.get("content")) or ("", "")
        refusal = delta.get("refusal")
        pieces = (text, reasoning_piece(delta) + thought, refusal if isinstance(refusal, str) else "")
        for kept, piece in zip((choice.texts, choice.thoughts, choice.refusals), pieces, strict=True):
            if piece:
                kept.append(piece)
                self._kept += len(piece)
                self._require_room()


def looks_like_events(body: bytes) -> bool:
    """Whether a body is a stream of events, whatever its header says."""
    return body.lstrip().startswith((b"data:", b"event:", b": "))


def _is_event(text: bytes) -> bool:
    if text == b"[DONE]":
        return True
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
