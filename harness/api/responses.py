"""What a server answers, read with distrust: any field may be missing, null, not a number, or enormous."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tpobench.harness.surrogates import without_surrogates

LONGEST_TEXT = 400_000
"""Characters of one answer; more is a fault of the server's."""


class Malformed(Exception):
    """The answer cannot be used; asking again may help. `body` is kept: it may tell what was paid."""

    def __init__(self, problem: str, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(problem)
        self.body = body or {}


@dataclass(frozen=True)
class Choice:
    """One answer. `top_logprobs` holds, for each token of it, the likeliest tokens with their log-probabilities;
    it is None when the server sent none, and so is `token_ids`."""

    text: str
    finish_reason: str
    top_logprobs: tuple[Mapping[str, float], ...] | None = None
    token_ids: tuple[int, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A chat completion: its choices, as many as the server cared to send, and the prompt's token ids if it did."""

    choices: tuple[Choice, ...]
    served_model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    prompt_ids: tuple[int, ...] | None = None


def read_answer(body: bytes) -> Answer:
    """Parse the body of a chat completion. Raises Malformed for one that is cut, empty or not a completion."""
    try:
        content = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed(f"the answer is not JSON ({type(error).__name__})") from error
    if not isinstance(content, dict):
        raise Malformed("the answer is not a JSON object")
    choices = content.get("choices")
    if not isinstance(choices, list) or not choices:
        raise Malformed("the answer holds no choices", content)
    prompt_tokens, completion_tokens = tokens_used(content)
    return Answer(
        choices=tuple(_choice(choice, content) for choice in choices),
        served_model=served_model(content),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        prompt_ids=_token_ids(content.get("prompt_token_ids")),
    )


def tokens_used(body: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Prompt and completion tokens as the server counts them."""
    usage = body.get("usage")
    counts = usage if isinstance(usage, dict) else {}
    prompt, completion = (counts.get(name) for name in ("prompt_tokens", "completion_tokens"))
    return (prompt if isinstance(prompt, int) else None, completion if isinstance(completion, int) else None)


def served_model(body: Mapping[str, Any]) -> str | None:
    """The model that the server says has answered."""
    named = body.get("model")
    return named if isinstance(named, str) else None


def same_model(requested: str, served: str | None) -> bool:
    """Whether an answer comes from the model that was asked: the same name, a dated one of that name, or no name.

    Folders and owners before the last slash are left out: servers differ in whether they repeat them.
    """
    if served is None:
        return True
    expected, actual = (name.rstrip("/").rsplit("/", 1)[-1].lower() for name in (requested, served))
    return re.fullmatch(rf"{re.escape(expected)}(-\d{{3,}}.*)?", actual) is not None


def _choice(choice: Any, body: Mapping[str, Any]) -> Choice:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise Malformed("a choice holds no message", body)
    text = message.get("content")
    if text is None:
        text = _arguments(message)
    if not isinstance(text, str):
        raise Malformed("a choice holds no text", body)
    if len(text) > LONGEST_TEXT:
        raise Malformed(f"an answer of {len(text):,} characters", body)
    reason = str(choice.get("finish_reason") or "unknown")
    return Choice(
        without_surrogates(text),
        without_surrogates(reason),
        _top_logprobs(choice, body),
        _token_ids(choice.get("token_ids")),
    )


def _token_ids(given: Any) -> tuple[int, ...] | None:
    """Token ids as vLLM sends them when asked with ``return_token_ids``; None for anything else, and for no ids."""
    if not isinstance(given, list) or not given or not all(type(token) is int and token >= 0 for token in given):
        return None
    return tuple(given)


def _arguments(message: Mapping[str, Any]) -> Any:
    """Evaluators that ask for a function call answer in its arguments."""
    calls = message.get("tool_calls")
    function = calls[0].get("function") if isinstance(calls, list) and calls else message.get("function_call")
    return function.get("arguments") if isinstance(function, dict) else None


def _top_logprobs(choice: Mapping[str, Any], body: Mapping[str, Any]) -> tuple[Mapping[str, float], ...] | None:
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list) or not content:
        return None
    alternatives = []
    for token in content:
        top = token.get("top_logprobs") if isinstance(token, dict) else None
        if not isinstance(top, list):
            return None
        entries: dict[str, float] = {}
        for entry in top:
            value = entry.get("logprob") if isinstance(entry, dict) else None
            if not isinstance(value, int | float) or math.isnan(value):
                raise Malformed("a log-probability is not a number", body)
            entries.setdefault(str(entry.get("token")), float(value))
        alternatives.append(entries)
    return tuple(alternatives)
