"""Endpoints: a model name behind an OpenAI-compatible base URL. Keys come from the environment and stay there."""

import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from tpobench.harness.errors import UserError
from tpobench.harness.records import Model, content_key

OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True)
class Endpoint:
    """Who is asked: ``gpt-4.1@https://api.openai.com/v1``, or ``my-model@http://127.0.0.1:8000/v1``."""

    model: str
    base_url: str

    def __str__(self) -> str:
        return f"{self.model}@{self.base_url}"

    def as_model(self) -> Model:
        """The endpoint as a candidate. Its identity is its name and address: a server that starts to serve other
        weights under the same name is, to the store, the same model."""
        return Model(str(self), self.base_url, content_key("endpoint", self.base_url, self.model))

    def api_key(self) -> str:
        """The key for this address: ``OPENAI_API_KEY`` for OpenAI and for ``OPENAI_BASE_URL``, ``TPOBENCH_API_KEY`` for
        any other; one provider's key is never sent to another. A server on this machine needs none."""
        official = self.base_url in (OPENAI, os.environ.get("OPENAI_BASE_URL", "").rstrip("/"))
        name = "OPENAI_API_KEY" if official else "TPOBENCH_API_KEY"
        key = os.environ.get(name, "").strip()
        if key:
            return key
        if urlsplit(self.base_url).hostname in ("127.0.0.1", "localhost", "::1"):
            return "none"
        raise UserError(f"no API key for {self.base_url}: set the environment variable {name}")


def is_endpoint(name: str) -> bool:
    """Whether a model's name is of the form NAME@http(s)://..."""
    return "@http://" in name or "@https://" in name


def endpoint_named(name: str) -> Endpoint:
    """``NAME@BASE_URL``, or a name alone at ``OPENAI_BASE_URL`` or OpenAI. Raises UserError for an unusable address."""
    model, separator, address = name.rpartition("@http")
    if not separator:
        return Endpoint(name, os.environ.get("OPENAI_BASE_URL", OPENAI).rstrip("/"))
    base_url = f"http{address}".rstrip("/")
    parts = urlsplit(base_url)
    if not model or not parts.hostname:
        raise UserError(f"{name!r} is not an endpoint; write NAME@http://HOST:PORT/v1")
    if parts.username or parts.password or parts.query:
        raise UserError(f"the address of {model!r} holds a password or a query; keys come from the environment only")
    return Endpoint(model, base_url)
