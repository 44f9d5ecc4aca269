"""Keys and passwords are kept out of whatever is stored or shown."""

import os
import re
from collections.abc import Mapping
from typing import Any

HIDDEN = "[secret]"

_SECRET_NAME = re.compile(
    r"(?:^|[^a-z])(?:api[-_]?key|(?:access|secret|private)[-_]?key|token|secret|passwo?r?d|credentials?)$",
    re.IGNORECASE,
)
"""What variables, options and settings with a secret are called: at the end, so that ``token_limit`` is none."""

_LEAST = 8
"""Characters of a secret in the environment; a shorter value would be found in any text."""

_NAMES = r"[\w-]*(?:api[-_]?key|access[-_]?key|secret[-_]?key|token|secret|passwo?r?d)"
_GIVEN = re.compile(
    rf"""(?P<name>-+{_NAMES}[\s=]\s*|{_NAMES}["']?\s*[=:]\s*)(?P<value>'[^']*'|"[^"]*"|[^\s"'&;|]+)""", re.IGNORECASE
)
"""``--api-key VALUE``, ``HF_TOKEN=VALUE``, ``"api_key": "VALUE"`` inside a command."""

_BEARER = re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE)
_IN_ADDRESS = re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)")
_KNOWN_FORMS = re.compile(r"\b(?:sk-|hf_|gsk_|ghp_|github_pat_|xai-|xoxb-|AKIA|AIza)[\w-]{16,}")


def secrets_of_environment() -> tuple[str, ...]:
    """The values of environment variables that hold keys, the longest first; numbers and paths are none."""
    values = {value.strip() for name, value in os.environ.items() if _SECRET_NAME.search(name)}
    secrets = [each for each in values if len(each) >= _LEAST and not each.isdigit() and not each.startswith("/")]
    return tuple(sorted(secrets, key=len, reverse=True))


def without_known(text: str, secrets: tuple[str, ...]) -> str:
    """The text without these secrets."""
    for secret in secrets:
        if secret in text:
            text = text.replace(secret, HIDDEN)
    return text


def without_secrets(value: Any) -> Any:
    """A user's settings without what is a key or a password by its name, its form, or the environment.

    Args:
        value: Mappings, lists and texts in each other.

    >>> without_secrets({"command": "serve {model} --api-key abcdef123 --port 8000", "max_tokens": 4096})
    {'command': 'serve {model} --api-key [secret] --port 8000', 'max_tokens': 4096}
    """
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if isinstance(part, str) and part and _SECRET_NAME.search(str(name)) else without_secrets(part)
            for name, part in value.items()
        }
    if isinstance(value, list | tuple):
        return [without_secrets(part) for part in value]
    if not isinstance(value, str):
        return value
    text = without_known(value, secrets_of_environment())
    text = _KNOWN_FORMS.sub(HIDDEN, _IN_ADDRESS.sub(HIDDEN, _BEARER.sub(rf"\1 {HIDDEN}", text)))
    return _GIVEN.sub(_hidden, text)


def _hidden(found: "re.Match[str]") -> str:
    """A reference to the environment is none itself, and a following option is no value."""
    if found["value"].strip("'\"").startswith(("$", "{", HIDDEN[0], "--")):
        return found[0]
    return found["name"] + HIDDEN
