"""Thoughts that reasoning models write by themselves, in tags before the answer: which part is which."""

import re

_NAMES = r"(?:seed:)?(?:think|thinking|thought|reasoning)"
_OPENED = re.compile(rf"\s*(?:<(?P<name>{_NAMES})>|(?P<mistral>\[THINK\])|(?P<kimi>◁think▷))", re.IGNORECASE)
_CLOSED = re.compile(r"(?<![`'\"])</(?:seed:)?think(?:ing)?>(?![`'\"])", re.IGNORECASE)
_TAG = re.compile(r"<(?:seed:)?think(?:ing)?>", re.IGNORECASE)
_FINAL_CHANNEL = "<|channel|>final<|message|>"
_CHANNEL = re.compile(r"<\|(?:start\|>assistant|channel\|>\w+|message\|>|end\|>|return\|>|constrain\|>\w+)")
_CHANNELS = re.compile(r"\s*(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary)")


def split_native_thought(text: str) -> tuple[str, str]:
    """The thought in front of an answer, and the answer; no thought where the text does not begin with one.

    The opening tag may be missing: chat templates end with it, so that it is no part of what the model writes. A
    thought that never ends was cut, and there is no answer. Tags further on, as in an answer about them, stay.

    Returns:
        Thought and answer; the answer is the text as it is where there is no thought.
    """
    if _CHANNELS.match(text):
        thought, _, answer = text.rpartition(_FINAL_CHANNEL)
        thought, answer = (thought, answer) if thought else (answer, "")
        return _CHANNEL.sub(" ", thought).strip(), _CHANNEL.sub("", answer).strip()
    thoughts = []
    while (found := _first(text)) is not None:
        thought, text = found
        thoughts.append(thought.strip())
    return ("\n\n".join(filter(None, thoughts)), text.lstrip("\r\n") if thoughts else text)


_NAMED = ("think", "thinking", "thought", "reasoning", "seed:think")
_OPENING = (*(f"<{name}>" for name in _NAMED), "[THINK]", "◁think▷")
TAGS = frozenset(
    {*_OPENING, *(f"</{name}>" for name in _NAMED), "[/THINK]", "◁/think▷", "<|channel|>", "<|message|>", "<|start|>"}
)
"""What a tokenizer may hold as special tokens, which are left out of texts, though a thought is told apart by them."""


def opened_thought(prompt: str) -> str:
    """The opening tag that a prompt ends with, as some chat templates force it; empty for none."""
    return next((tag for tag in _OPENING if prompt.rstrip().endswith(tag)), "")


_BEGINNINGS = (
    *map(str.lower, _OPENING),
    *(f"{start}<|channel|>{name}" for start in ("", "<|start|>assistant") for name in ("analysis", "commentary")),
)


def may_begin_thought(text: str) -> bool:
    """Whether a text that is being written may turn out to begin with a thought: it is no longer than an opening tag
    so far.

    >>> may_begin_thought("<thi"), may_begin_thought("<table>")
    (True, False)
    """
    begun = text.lstrip().lower()
    return any(beginning.startswith(begun) for beginning in _BEGINNINGS)


def with_native_thought(thought: str, answer: str) -> str:
    """The text that is taken apart into this thought and this answer."""
    return f"<think>\n{thought}\n</think>\n\n{answer}" if thought else answer


def _first(text: str) -> tuple[str, str] | None:
    """The first thought and what follows it; None where the text does not begin with a thought."""
    opened = _OPENED.match(text)
    if opened is not None:
        closing = {"mistral": r"\[/THINK\]", "kimi": "◁/think▷"}.get(
            opened.lastgroup or "", rf"(?<![`'\"])</{re.escape(opened['name'] or '')}>(?![`'\"])"
        )
        closed = re.compile(closing, re.IGNORECASE).search(text, opened.end())
        return (
            (text[opened.end() :], "")
            if closed is None
            else (text[opened.end() : closed.start()], text[closed.end() :])
        )
    closed = _CLOSED.search(text)
    if closed is None or _TAG.search(text, 0, closed.start()) is not None:
        return None
    return text[: closed.start()], text[closed.end() :]
