"""Endpoints: a model name behind an OpenAI-compatible base URL."""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from tpobench.harness.api.keys import api_key, is_this_machine
from tpobench.harness.errors import UserError
from tpobench.harness.records import Model, content_key

OPENAI = "https://api.openai.com/v1"

_WITH_SCHEME = re.compile(r"(?P<model>.*)@(?P<url>https?://.*)", re.IGNORECASE | re.DOTALL)
_WITHOUT_SCHEME = re.compile(
    r"(?P<model>.+)@(?P<host>\[[0-9a-f:]+\]|localhost|[a-z0-9][a-z0-9.-]*)(?P<port>:\d+)?(?P<path>/\S*)?", re.IGNORECASE
)


@dataclass(frozen=True)
class Endpoint:
    """Who is asked: ``gpt-4.1@https://api.openai.com/v1``, or ``my-model@http://127.0.0.1:8000/v1``.

    `served_as` are the names under which the server may answer besides the model's own. They say nothing about who is
    asked, so they are no part of the endpoint's identity.
    """

    model: str
    base_url: str
    served_as: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.model}@{self.base_url}" + "".join(f"#{name}" for name in self.served_as)

    def served_under(self, names: Iterable[str]) -> "Endpoint":
        """The endpoint that may answer under these names, too."""
        return replace(self, served_as=tuple(dict.fromkeys((*self.served_as, *names))))

    def as_model(self) -> Model:
        """The endpoint as a candidate. Its identity is its name and address: a server that starts to serve other
        weights under the same name is, to the store, the same model."""
        return Model(str(self), self.base_url, content_key("endpoint", self.base_url, self.model))

    def api_key(self) -> str | None:
        """The key for this address; raises UserError where one is missing or may not be sent (`harness.api.keys`)."""
        return api_key(self.base_url)


def is_endpoint(name: str) -> bool:
    """Whether a model's name is of the form NAME@http(s)://..."""
    return _WITH_SCHEME.fullmatch(name) is not None


def lacks_scheme(name: str) -> bool:
    """Whether a name is meant as an endpoint, NAME@HOST:PORT; `endpoint_named` says how it is written."""
    return not is_endpoint(name) and _with_scheme(name) is not None


def endpoint_named(name: str) -> Endpoint:
    """The endpoint that a user's words mean.

    Args:
        name: ``NAME@BASE_URL``; or a name alone, at ``OPENAI_BASE_URL`` or OpenAI. ``NAME@BASE_URL#SERVED`` is a model
            that answers under another name.

    Raises:
        UserError: The address cannot be used; the sentence has the right one, where there is one.
    """
    match = _WITH_SCHEME.fullmatch(name)
    if match is None:
        if suggestion := _with_scheme(name):
            raise UserError(f"the address in {name!r} lacks http:// or https://; write {suggestion}")
        if re.match(r"https?://", name, re.IGNORECASE):
            raise UserError(f"{name!r} names a server and no model; write NAME@{name}")
        if re.search(r"@\w+://", name):
            raise UserError(f"the address in {name!r} is not of a web server; write NAME@http://HOST:PORT/v1")
        return Endpoint(name, _default_address())
    model, (address, *served_as) = match["model"], match["url"].split("#")
    scheme, _, rest = address.partition("://")
    base_url = f"{scheme.lower()}://{rest}".rstrip("/")
    _require_address(name, model, base_url)
    return Endpoint(model, base_url, tuple(filter(None, served_as)))


def _default_address() -> str:
    """OpenAI's address, or what OPENAI_BASE_URL has in its place."""
    address = os.environ.get("OPENAI_BASE_URL", "").strip().rstrip("/")
    if not address:
        return OPENAI
    match = _WITH_SCHEME.fullmatch(f"NAME@{address}")
    if match is None:
        raise UserError(f"OPENAI_BASE_URL is {address!r}, which is not an address; set it to http://HOST:PORT/v1")
    _require_address(f"OPENAI_BASE_URL={address}", "NAME", address)
    return address


def _require_address(name: str, model: str, base_url: str) -> None:
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise UserError(f"{name!r} is not an endpoint ({error}); write NAME@http://HOST:PORT/v1") from error
    if not model or not host or not base_url.isprintable() or " " in base_url:
        raise UserError(f"{name!r} is not an endpoint; write NAME@http://HOST:PORT/v1")
    if parts.username or parts.password or parts.query:
        raise UserError(f"the address of {model!r} holds a password or a query; keys come from the environment only")
    for page in ("/chat/completions", "/completions", "/models"):
        if parts.path.endswith(page):
            raise UserError(f"the address ends before {page}; write {model}@{base_url.removesuffix(page)}")


def _with_scheme(name: str) -> str | None:
    """What ``NAME@HOST:PORT`` should have been; None for a name that only holds an @, such as ``model@20260101``."""
    match = _WITHOUT_SCHEME.fullmatch(name)
    if match is None:
        return None
    host = match["host"].lower()
    is_number = re.fullmatch(r"\d+(\.\d+){3}", host) is not None
    is_name = host == "localhost" or ("." in host and (match["path"] or host[-1].isalpha()))
    if not (match["port"] or is_number or is_name):
        return None
    inside = match["port"] or is_number or is_this_machine(host)
    scheme, path = "http" if inside else "https", (match["path"] or "/v1").rstrip("/")
    return f"{match['model']}@{scheme}://{match['host']}{match['port'] or ''}{path}"
