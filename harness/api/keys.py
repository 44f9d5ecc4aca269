"""API keys: each belongs to one host, is read from the environment, and is written nowhere."""

import os
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from tpobench.harness.errors import UserError

PREFIX = "TPOBENCH_API_KEY"

PROVIDERS = {
    "api.openai.com": "OPENAI_API_KEY",
    "api.anthropic.com": "ANTHROPIC_API_KEY",
    "api.cerebras.ai": "CEREBRAS_API_KEY",
    "api.cohere.ai": "COHERE_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "api.fireworks.ai": "FIREWORKS_API_KEY",
    "api.groq.com": "GROQ_API_KEY",
    "api.mistral.ai": "MISTRAL_API_KEY",
    "api.together.xyz": "TOGETHER_API_KEY",
    "api.x.ai": "XAI_API_KEY",
    "generativelanguage.googleapis.com": "GEMINI_API_KEY",
    "openrouter.ai": "OPENROUTER_API_KEY",
}
"""The variable that a provider's own documentation names. It is read for this host alone, over https."""

_OWN_ADDRESS, _OWN_KEY = "OPENAI_BASE_URL", "OPENAI_API_KEY"


def api_key(base_url: str) -> str | None:
    """The key for this address, or None: many servers need none, and one that does says so (`key_advice`).

    Args:
        base_url: The endpoint's address.

    Raises:
        UserError: The host belongs to a provider that is known to need a key, and there is none; or the key would
            cross a network in clear.
    """
    parts = urlsplit(base_url)
    key = next((key for variable in _variables(parts) if (key := os.environ.get(variable, "").strip())), None)
    if key is None:
        if parts.hostname in PROVIDERS:
            if parts.scheme == "http":
                raise UserError(
                    f"{parts.hostname} is reached over https only: write https://{parts.netloc}{parts.path}"
                )
            raise UserError(f"no API key for {base_url}: {key_advice(base_url)}")
        return None
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UserError(
            f"the API key for {base_url} holds a blank, a line break or a character that no key has: copy it again"
        )
    if parts.scheme == "http" and not _is_near(parts.hostname or ""):
        raise UserError(
            f"the API key for {parts.hostname} would be sent unencrypted over the internet: write https:// instead of "
            f"http://, or take the key away (unset {variable_of(parts)})"
        )
    return key


def clear_text_warning(base_url: str) -> str | None:
    """What to tell the user of a key that goes to another machine of the local network in clear."""
    parts = urlsplit(base_url)
    if parts.scheme != "http" or is_this_machine(parts.hostname or "") or api_key(base_url) is None:
        return None
    return f"the API key for {parts.netloc} is sent unencrypted over the local network, because the address begins with http://"


def key_advice(base_url: str) -> str:
    """What to do where a server wants a key and got none, as the end of a sentence. A key that is there but is not
    sent, since nothing says that it is for this host, is named."""
    parts = urlsplit(base_url)
    advice = f"set the environment variable {PROVIDERS.get(parts.hostname or '') or variable_of(parts)}"
    if _own_address(parts) is False and parts.hostname == "api.openai.com":
        advice = f"set {variable_of(parts)} ({_OWN_KEY} is for the host of {_OWN_ADDRESS})"
    elif os.environ.get(PREFIX, "").strip():
        advice += f" ({PREFIX} is not sent, because it does not say for which server it is)"
    return advice


def variable_of(parts: SplitResult) -> str:
    """The variable of a host that is nobody's we know: its name in capitals, with ``_`` for a dot or colon and ``__``
    for a hyphen, so that no two hosts share a variable; with its port, where it has one."""
    host = f"{parts.hostname}:{parts.port}" if parts.port else f"{parts.hostname}"
    return f"{PREFIX}_{_encoded(host)}"


def is_this_machine(host: str) -> bool:
    """Whether a host name or address stays inside this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_near(host: str) -> bool:
    """Whether a host is on this machine or, by its name or number, on the local network."""
    if is_this_machine(host) or "." not in host.replace(":", "."):
        return True
    try:
        return ip_address(host).is_private
    except ValueError:
        return host.endswith((".local", ".internal", ".lan", ".home.arpa"))


def _variables(parts: SplitResult) -> list[str]:
    """Where the key may stand, in order: under the host's own name first."""
    host = parts.hostname or ""
    names = [variable_of(parts), f"{PREFIX}_{_encoded(host)}"]
    own = _own_address(parts)
    if own:
        names.append(_OWN_KEY)
    provider = PROVIDERS.get(host)
    if provider and parts.scheme == "https" and not (provider == _OWN_KEY and own is False):
        names.append(provider)
    return names


def _own_address(parts: SplitResult) -> bool | None:
    """Whether this is the server that OPENAI_BASE_URL names; None where it names none."""
    named = urlsplit(os.environ.get(_OWN_ADDRESS, "").strip())
    if not named.hostname:
        return None
    return (named.scheme, named.netloc.lower()) == (parts.scheme, parts.netloc.lower())


def _encoded(host: str) -> str:
    return host.upper().replace("-", "__").replace(".", "_").replace(":", "_")
