"""What a server says that will not answer a prompt: a filter, the context, or something that is wrong with the request
whatever the prompt."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tpobench.harness.finish_reasons import FILTERED, REFUSED, TOO_LONG

_LONGEST = 400
"""Characters of a server's words that are kept."""

_ABOUT_THE_PROMPT = {200, 400, 403, 413, 422, 451, 500}
"""The status codes with which servers say that this very prompt will not be answered."""

_WORDS = ("message", "msg", "detail", "error", "reason", "reasons", "blockreason", "title", "description", "errors")
_CODES = ("raw", "code", "type", "status", "innererror", "metadata", "param", "promptfeedback", "content_filter_result")
"""Where errors have their words and their codes; whatever else is there may be the prompt itself."""

_TOO_LONG = re.compile(
    r"""context_?(?:length|window)_?exceeded|exceed_context_size|string_above_max_length|prompt_too_long
      | request_too_large|context[ ]?window[ ]?exceeded
      | maximum[ ](?:context|input|prompt|sequence|model|allowed)[ ](?:length|size) | max_model_len | max_seq_len
      | (?:exceed\w*|longer[ ]than|larger[ ]than|greater[ ]than|too[ ](?:long|large|many))\b.{0,80}
        (?:context|maximum[ ](?:number[ ]of|allowed|input)|token[ ]limit|input[ ]length|window)
      | (?:context|input|prompt|sequence|messages?|conversation|tokens?)\b.{0,80}
        (?:\bexceed|too[ ]long|too[ ]large|longer[ ]than|over[ ]the[ ]limit)
      | context[ ]length[ ]is[ ]only | num_ctx
      | \bprompt[ ](?:is|has|contains)[ ](?:at[ ]least[ ])?[\d,]+[ ](?:input[ ])?tokens
      | max_tokens[ ]must[ ]be[ ]at[ ]least[ ]\d+,[ ]got[ ]-\d
      | too[ ]many[ ](?:input[ ]|prompt[ ])?tokens
      | reduce[ ]the[ ](?:length|size)[ ]of | range[ ]of[ ]input[ ]length
      | `?inputs`?[ ](?:must[ ]have[ ]less|tokens?[ ]\+) | request[ ](?:entity[ ])?too[ ]large
      | payload[ ]too[ ]large""",
    re.VERBOSE | re.DOTALL,
)
_FILTERED = re.compile(
    r"""content[ _-]?(?:filter|polic|management|moderation|violat|exists[ ]risk|block|safety|restrict)
      | responsibleaipolicy | moderation | \bflagged\b | safety[ _](?:system|check|filter|polic|setting|reason)
      | \bsafety\b | usage[ ](?:polic|guideline) | inappropriate | data_?inspection_?failed | considered[ ]high[ ]risk
      | guardrail | prohibited_?content | blocklist | recitation | sensitive | \bunsafe\b | \bharmful\b
      | violat\w*[ ].{0,60}(?:polic|guideline|terms)
      | (?:prompt|input|output|response|request)[ ](?:was|is|has[ ]been)[ ](?:blocked|rejected)
      | (?:request|prompt|response)[ ]blocked | prompt[ ]injection | blocked[ ]by | block_?reason
      | 敏感 | 违规 | 不安全""",
    re.VERBOSE | re.DOTALL,
)
_FLAG = re.compile(r'"filtered"\s*:\s*true')
_REFUSED = re.compile(r"model_?refus\w+|\brefusal\b|model (?:has )?(?:refused|declined)")
_ABOUT_THE_ACCOUNT = re.compile(
    r"account|organi[sz]ation|deactivat|terminat|suspend|banned|api[ _-]?key|permission|denied|country|region"
    r"|credential"
)
_ABOUT_A_FIELD = re.compile(
    r"""unsupported[ _](?:parameter|value|field) | un(?:known|recogni[sz]ed|expected)[ ](?:\w+[ ])?
        (?:parameter|argument|field|name|key)
      | extra[ _](?:inputs?|fields?|forbidden) | (?:parameter|field|argument)s?\b.{0,60}\bnot[ ]
        (?:supported|permitted|allowed|valid)
      | (?:is|are)[ ]not[ ](?:supported|permitted|allowed)[ ](?:with|for|by|on)[ ](?:this|the)[ ]
        (?:model|deployment|api)
      | \b(?:max_tokens|max_completion_tokens|temperature|top_p|top_k|min_p|seed|logprobs|top_logprobs|stop|n|
        repetition_penalty|return_token_ids|tools|functions)['"`]?[ :].{0,60}
        (?:unsupported|not[ ]support|invalid|deprecated|must[ ]be|should[ ]be|too[ ]large|not[ ]permitted|not[ ]allowed)
      | invalid[ ](?:value|type|parameter)[ ]for | missing[ ](?:required[ ])?(?:parameter|field)|field[ ]required
      | (?:model|deployment)\b.{0,80}(?:does[ ]not[ ]exist|not[ ]found|not[ ]available|is[ ]not[ ]a[ ]valid)
      | invalid[ _]model
      | max_\w*tokens\b.{0,80}(?:at[ ]most|maximum) | api[ _-]?key | credit[ ]balance | billing
      | no[ ]such[ ]model""",
    re.VERBOSE | re.DOTALL,
)
_TOO_MANY_ASKED = re.compile(r"max_(?:completion_|new_|output_)?tokens\W.{0,40}?too large")
_TOKENS_ALONE = (
    re.compile(r"\((?P<asked>\d+) > (?P<context>\d+) - \d+\)"),
    re.compile(r"context length is (?:only )?(?P<context>\d+) tokens.*?(?P<asked>\d+) in the completion", re.DOTALL),
    re.compile(r"context length is (?:only )?(?P<context>\d+) tokens.*?requested (?P<asked>\d+) output", re.DOTALL),
    re.compile(r"requested (?P<asked>\d+) output tokens.*?context length is (?:only )?(?P<context>\d+)", re.DOTALL),
)
"""How servers tell how many tokens were asked for, and how many there are for prompt and answer."""


@dataclass(frozen=True)
class Refusal:
    """A prompt that gets no answer: the reason (one of `REFUSALS`), and the server's words."""

    reason: str
    words: str


def refusal_in(status: int, body: str) -> Refusal | None:
    """Why the server will not answer this prompt, if that is what its error says.

    Args:
        status: The HTTP status; errors come with 200, too.
        body: The text of the answer.

    Returns:
        The refusal; None where the error is none, or would meet any prompt.
    """
    if status not in _ABOUT_THE_PROMPT:
        return None
    said = " ".join(_said(body)).lower()
    if status == 200 and _FLAG.search(body[:20_000]):
        return Refusal(FILTERED, error_words(body))
    if status == 451:
        return Refusal(FILTERED, error_words(body))
    if status == 403 and _ABOUT_THE_ACCOUNT.search(said):
        return None
    if status == 413 or (_TOO_LONG.search(_TOO_MANY_ASKED.sub("", said)) and not _is_for_any_prompt(said)):
        return Refusal(TOO_LONG, error_words(body))
    if _FILTERED.search(said):
        return Refusal(FILTERED, error_words(body))
    return Refusal(REFUSED, error_words(body)) if _REFUSED.search(said) else None


def is_wrong_request(body: str) -> bool:
    """Whether the error is about a field, or the model: it would meet every prompt."""
    said = " ".join(_said(body)).lower()
    return bool(_ABOUT_A_FIELD.search(said)) or _is_for_any_prompt(said)


def error_words(body: str) -> str:
    """What an error says, in one line: its messages, or its codes where there are none."""
    content = _json(body)
    words = list(_strings(content, _WORDS)) or list(_strings(content, _CODES))
    shown = " ".join((": ".join(dict.fromkeys(words)) or body).split())
    return shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}..."


def _is_for_any_prompt(said: str) -> bool:
    """Whether the tokens that are asked for leave no place for any prompt."""
    found = [match for pattern in _TOKENS_ALONE if (match := pattern.search(said)) is not None]
    return any(int(match["asked"]) >= int(match["context"]) - 1 for match in found)


def _said(body: str) -> Iterator[str]:
    content = _json(body)
    found = list(_strings(content, _WORDS + _CODES))
    yield from found or [body[:2000]]


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _strings(content: Any, names: tuple[str, ...], depth: int = 0) -> Iterator[str]:
    """The strings under keys of these names, at most a few levels down."""
    if isinstance(content, str):
        yield content[:2000]
    elif isinstance(content, list) and depth < 6:
        for entry in content[:8]:
            yield from _strings(entry, names, depth + 1)
    elif isinstance(content, dict) and depth < 6:
        for key, value in content.items():
            if isinstance(value, dict | list) and str(key).lower() in _WORDS + _CODES:
                yield from _strings(value, names, depth + 1)
            elif isinstance(value, str) and str(key).lower() in names:
                yield value[:2000]
