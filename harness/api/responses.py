"""What a server answers, read with distrust: any field may be missing, null, not a number, or enormous."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tpobench.harness.api.message_parts import reasoning_of, refusal_words, text_and_thought
from tpobench.harness.api.refusals import Refusal, error_words, refusal_in
from tpobench.harness.finish_reasons import FILTERED, REFUSALS, REFUSED
from tpobench.harness.native_thoughts import split_native_thought
from tpobench.harness.surrogates import without_surrogates

LONGEST_TEXT = 400_000
"""Characters of one answer; more is a fault of the server's."""


_ENDS = {
    **dict.fromkeys(("stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "completed"), "stop"),
    **dict.fromkeys(
        ("length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded"), "length"
    ),
    **dict.fromkeys(("refusal", "refused"), REFUSED),
}
_FILTERED = (
    "content_filter",
    "content_blocked",
    "filtered",
    "safety",
    "prohibited_content",
    "blocklist",
    "recitation",
    "spii",
    "guardrail",
    "sensitive",
    "moderation",
)


_SERVING_TAGS = ("latest", "free", "nitro", "floor", "online", "extended", "exacto", "beta")
"""What Ollama and OpenRouter put behind a model's name, and leave out as they like."""


class Malformed(Exception):
    """The answer cannot be used; asking again may help. `body` is kept: it may tell what was paid."""

    def __init__(self, problem: str, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(problem)
        self.body = body or {}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One answer. `finish_reason` is ``stop``, ``length``, one of `REFUSALS`, or what else the server says.

    `top_logprobs` holds, for each token of it, the likeliest tokens with their log-probabilities; it is None when the
    server sent none, and so is `token_ids`. `thought` is what the model wrote before the answer, wherever the server
    put it; `text` is the answer alone. `refusal` are the words of whoever refuses, as far as there are any.
    """

    text: str
    finish_reason: str
    top_logprobs: tuple[Mapping[str, float], ...] | None = None
    token_ids: tuple[int, ...] | None = None
    thought: str = ""
    refusal: str = ""

    @property
    def is_refused(self) -> bool:
        """Whether there is no answer, however often the prompt is asked."""
        return self.finish_reason in REFUSALS and not self.text.strip()

    @property
    def is_cut(self) -> bool:
        """Whether the token limit came before the first word of the answer."""
        return self.finish_reason == "length" and not self.text.strip() and self.top_logprobs is None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A chat completion: its choices, as many as the server cared to send, and the prompt's token ids if it did.

    With a `refusal` the prompt gets no answer, however often it is asked: the one choice is empty and has the reason.
    """

    choices: tuple[Choice, ...]
    served_model: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    prompt_ids: tuple[int, ...] | None = None
    refusal: Refusal | None = None


def refused_answer(refusal: Refusal, body: Mapping[str, Any] | None = None) -> Answer:
    """The answer to a prompt that the server will not answer, with what its body says of the cost."""
    prompt_tokens, completion_tokens = tokens_used(body or {})
    return Answer(
        choices=(Choice(text="", finish_reason=refusal.reason, refusal=refusal.words),),
        served_model=served_model(body or {}),
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        refusal=refusal,
    )


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
        return _without_choices(body, content)
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
    prompt, completion, total = (
        value if isinstance(value := counts.get(name), int) and not isinstance(value, bool) else None
        for name in ("prompt_tokens", "completion_tokens", "total_tokens")
    )
    if prompt is not None and completion is not None and total is not None:
        completion = max(completion, total - prompt)  # some servers count hidden reasoning in the total alone
    return prompt, completion


def served_model(body: Mapping[str, Any]) -> str | None:
    """The model that the server says has answered."""
    named = body.get("model")
    return named if isinstance(named, str) else None


def same_model(requested: str, served: str | None) -> bool:
    """Whether an answer comes from the model that was asked: the same name, a dated one of that name, or no name.

    Folders and owners before the last slash, and tags that say how a model is served, are left out: servers differ in
    whether they repeat them.
    """
    if served is None:
        return True
    expected, actual = (_bare(name) for name in (requested, served))
    return re.fullmatch(rf"{re.escape(expected)}(-\d{{3,}}.*)?", actual) is not None


def _bare(name: str) -> str:
    """The name without owner, and without a tag that says how it is served."""
    bare = name.strip().rstrip("/").rsplit("/", 1)[-1].lower()
    stem, _, tag = bare.rpartition(":")
    return stem if stem and tag in _SERVING_TAGS else bare


def _without_choices(body: bytes, content: Mapping[str, Any]) -> Answer:
    """An error in the place of an answer; gateways send them with HTTP 200, too."""
    text = body.decode("utf-8", "replace")
    refusal = refusal_in(200, text)
    if refusal is not None:
        return refused_answer(refusal, content)
    words = f": {error_words(text)}" if content.get("error") or content.get("detail") or content.get("message") else ""
    raise Malformed(f"the answer holds no choices{words}", content)


def _choice(choice: Any, body: Mapping[str, Any]) -> Choice:
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(message, dict):
        raise Malformed("a choice holds no message", body)
    reason = _finish_reason(choice.get("finish_reason"))
    content = message.get("content")
    parts = text_and_thought(content or _arguments(message))
    if parts is None:
        raise Malformed("a choice holds no text", body)
    text, thought = parts
    thought = "\n\n".join(filter(None, (reasoning_of(message), thought)))
    if len(text) + len(thought) > LONGEST_TEXT:
        raise Malformed(f"an answer of {len(text) + len(thought):,} characters", body)
    written, text = split_native_thought(text)
    thought = "\n\n".join(filter(None, (thought, written)))
    refusal = None if text.strip() else _refusal_of(choice, message, reason, body)
    if refusal is not None:
        return Choice(
            text="",
            finish_reason=refusal.reason,
            thought=without_surrogates(thought),
            refusal=without_surrogates(refusal.words),
        )
    return Choice(
        text=without_surrogates(text),
        finish_reason=reason,
        top_logprobs=_top_logprobs(choice, body),
        token_ids=_token_ids(choice.get("token_ids")),
        thought=without_surrogates(thought),
    )


def _finish_reason(given: Any) -> str:
    """In the words of OpenAI's API, or our own for an answer that is refused; any other as it is."""
    reason = without_surrogates(given) if isinstance(given, str) and given else "unknown"
    plain = reason.lower()
    if plain in _ENDS:
        return _ENDS[plain]
    return FILTERED if plain.startswith(_FILTERED) else reason


def _refusal_of(
    choice: Mapping[str, Any], message: Mapping[str, Any], reason: str, body: Mapping[str, Any]
) -> Refusal | None:
    """Why an answer is empty, where that is no accident: the model says that it refuses, a filter has stopped it, or
    the choice has an error of its own."""
    said = refusal_words(message)
    if said:
        return Refusal(FILTERED if reason == FILTERED else REFUSED, said)
    error = choice.get("error")
    if error:
        text = json.dumps({"error": error})
        refusal = refusal_in(200, text)
        if refusal is None and reason not in REFUSALS:
            raise Malformed(f"the answer is an error: {error_words(text)}", body)
        return refusal or Refusal(reason, error_words(text))
    return Refusal(reason, f"finish_reason {choice.get('finish_reason')}") if reason in REFUSALS else None


def _token_ids(given: Any) -> tuple[int, ...] | None:
    """Token ids as vLLM sends them when asked with ``return_token_ids``; None for anything else, and for no ids."""
    if not isinstance(given, list) or not given or not all(type(token) is int and token >= 0 for token in given):
        return None
    return tuple(given)


def _arguments(message: Mapping[str, Any]) -> Any:
    """Evaluators that ask for a function call answer in its arguments."""
    calls = message.get("tool_calls")
    function = calls[0].get("function") if isinstance(calls, list) and calls else message.get("function_call")
    arguments = function.get("arguments") if isinstance(function, dict) else None
    return json.dumps(arguments, ensure_ascii=False) if isinstance(arguments, dict) else arguments


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
