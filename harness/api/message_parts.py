"""Where servers put what a model says: one text, a list of parts, and its reasoning in a field of its own."""

from collections.abc import Iterator, Mapping
from typing import Any

_REASONING_FIELDS = ("reasoning_content", "reasoning", "reasoning_text", "thinking")
_REASONING_LISTS = ("reasoning_details", "thinking_blocks")
_KEYS = ("text", "thinking", "reasoning", "summary", "content", "output_text")
"""Under which a part has its text; it may be a list of parts again."""

_DEEPEST = 6


def text_and_thought(content: Any) -> tuple[str, str] | None:
    """What a message's content says and thinks; None where it is neither text nor a list of parts.

    Parts of text are joined, those of reasoning are thought, and all others, such as a refusal or a picture, are left
    out. No content is an empty text.
    """
    if content is None:
        return "", ""
    if isinstance(content, str):
        return content, ""
    if not isinstance(content, list):
        return None
    texts, thoughts = [], []
    for part in content:
        if not isinstance(part, str | dict):
            return None
        kind = str(part.get("type") or "text").lower() if isinstance(part, dict) else "text"
        if "thinking" in kind or "reasoning" in kind or "thought" in kind:
            thoughts.append(_text(part))
        elif kind in ("text", "output_text"):
            texts.append(_text(part))
    return "".join(texts), "\n\n".join(filter(None, thoughts))


def reasoning_of(message: Mapping[str, Any]) -> str:
    """What a reasoning model thought, from the field in which its server puts it; empty where there is none."""
    return next(filter(None, (thought.strip() for thought in _reasonings(message))), "")


def reasoning_piece(delta: Mapping[str, Any]) -> str:
    """A piece of a thought, as it came: the blanks at its ends are those between two words."""
    return next(filter(None, _reasonings(delta)), "")


def refusal_words(message: Mapping[str, Any]) -> str:
    """What a model says that refuses: in a field of its own, or in a part of its content."""
    content = message.get("content")
    parts = [part for part in content if isinstance(part, dict)] if isinstance(content, list) else []
    said = (_text(place.get("refusal")).strip() for place in (message, *parts))
    return next(filter(None, said), "")


def _reasonings(message: Mapping[str, Any]) -> Iterator[str]:
    return (_text(message.get(field)) for field in (*_REASONING_FIELDS, *_REASONING_LISTS))


def _text(part: Any, depth: int = 0) -> str:
    if isinstance(part, str):
        return part
    if depth > _DEEPEST:
        return ""
    if isinstance(part, list):
        return "".join(_text(entry, depth + 1) for entry in part)
    if isinstance(part, dict):
        return next(filter(None, (_text(part.get(key), depth + 1) for key in _KEYS)), "")
    return ""
