"""What an HTTP status says: an answer, a refusal of this one request, another try, or the end of the run."""

import json
import re

from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.api.faults import Fault, plain
from tpobench.harness.api.keys import key_advice
from tpobench.harness.api.refusals import error_words, is_wrong_request, refusal_in
from tpobench.harness.api.responses import Answer, refused_answer
from tpobench.harness.api.transport import Response
from tpobench.harness.api.waits import retry_after
from tpobench.harness.errors import UserError


class NotThere(UserError):
    """The address or the model is not known to the server (HTTP 404 or 405)."""


_SMALL = 65_536


def status_of(response: Response) -> int:
    """The status; that of the error in its body where a gateway packs one into an HTTP 200."""
    is_answer = len(response.body) > _SMALL or b'"choices"' in response.body
    if response.status != 200 or is_answer or refusal_in(200, response.text) is not None:
        return response.status
    try:
        content = json.loads(response.body)
    except (ValueError, RecursionError):
        return response.status
    error = content.get("error") if isinstance(content, dict) else None
    code = str(error.get("code") or error.get("status") or "") if isinstance(error, dict) else ""
    return int(code) if len(code) == 3 and code.isdecimal() and "400" <= code <= "599" else response.status


def require_answer(response: Response, status: int, endpoint: Endpoint, is_known: bool) -> None:
    """Let pass what concerns its own request alone, good or bad.

    Args:
        response: The server's answer to a chat completion.
        status: As `status_of` says.
        endpoint: Who was asked.
        is_known: Whether the model has answered before, so that key, address and model are right.

    Raises:
        Fault: Another try may help.
        UserError: None will.
    """
    if (status < 300 and status >= 200) or refusal_in(status, response.text) is not None:
        return
    where, said = endpoint.base_url, _said(response)
    if status == 401 or (status == 403 and not is_known):
        if endpoint.api_key() is None:
            raise UserError(f"{where} wants an API key (HTTP {status}{said}): {key_advice(where)}")
        raise UserError(f"{where} refuses the API key (HTTP {status}{said}); nothing was retried")
    if status in (404, 405) and not is_known:
        raise NotThere(_not_there(response, endpoint, status, said))
    if status == 402 or (status == 429 and b"insufficient_quota" in response.body):
        raise UserError(f"{where} says that the account's credit is used up (HTTP {status}{said})")
    if 300 <= status < 400:
        raise _redirected(response, endpoint, is_known)
    if status in (404, 405, 408, 409, 425, 429) or status >= 500 or status < 200:
        raise Fault(f"HTTP {status}{said}", after=retry_after(response.headers))


def refused_or_wrong(
    response: Response, status: int, endpoint: Endpoint, may_be_taken: bool
) -> tuple[Answer | None, str]:
    """The answer to a prompt that the server will not answer, if that is what its error says, and its words.

    Args:
        response: The server's answer, an error.
        status: Its status.
        endpoint: Who was asked.
        may_be_taken: Whether the same fields were taken before, or an error may be about the number of samples.

    Raises:
        UserError: Every prompt would meet the error.
    """
    refusal = refusal_in(status, response.text)
    words = f"HTTP {status}: {error_words(response.text)}"
    if refusal is not None:
        return refused_answer(refusal), words
    if not may_be_taken and is_wrong_request(response.text):
        raise UserError(
            f"{endpoint.base_url} does not take the request for {endpoint.model!r} ({words}); nothing more was asked"
        )
    return None, words


def _redirected(response: Response, endpoint: Endpoint, is_known: bool) -> Exception:
    target = plain(response.headers.get("location", "")).removesuffix("/chat/completions")
    if is_known:
        return Fault(f"HTTP {response.status}, a redirect")
    return UserError(
        f"{endpoint.base_url} redirects to {target or 'another address'} (HTTP {response.status}), and a key goes to "
        "its own host only: if that is the server you mean, name its address instead"
    )


def _not_there(response: Response, endpoint: Endpoint, status: int, said: str) -> str:
    if "json" in response.headers.get("content-type", "") and said:
        return f"{endpoint.base_url} answers HTTP {status} for {endpoint.model!r}{said}; check address and model"
    hint = "" if endpoint.base_url.endswith("/v1") else f"; most addresses end with /v1 ({endpoint.base_url}/v1)"
    return (
        f"there is no chat API at {endpoint.base_url}/chat/completions (HTTP {status}{said}); check address and model"
        f"{hint}"
    )


def words_of(body: bytes) -> str:
    """What a body that is no answer says to people, a web page without its tags, as the end of a phrase."""
    text = re.sub(r"(?is)<(script|style)\b.*?</\1>|<[^>]*>", " ", body[:20_000].decode("utf-8", "replace"))
    return f": {plain(text)}" if plain(text) else ""


def _said(response: Response) -> str:
    """The server's own words for an error, as the end of a phrase."""
    try:
        content = json.loads(response.body)
    except (ValueError, RecursionError):
        return words_of(response.body)
    error = content.get("error", content) if isinstance(content, dict) else content
    if isinstance(error, dict):
        error = next((error[name] for name in ("message", "detail", "msg", "code") if error.get(name)), "")
    return f": {plain(error)}" if isinstance(error, str) and plain(error) else ""
