"""Hostile text where it is shown: as one short line, in Markdown, in XML, in the log of a CI.

Names, prompts and whatever a model wrote are hostile. They become one line in which nothing is unseen, and are escaped
for where they are shown.
"""

import re

from rich.text import Text

from tpobench.harness.escaping import markdown_escaped
from tpobench.reports.formats.figures import visible

SHOWN_CHARS = 200
"""Of a prompt or a name; a sentence may have ten times as many."""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COMMAND = re.compile("[:#](?=[:#]|[^ -~])")
"""In ``::error``, ``##[error]`` and ``##vso[``, what makes the line a command to a runner, which strips blanks before
it and may overlook characters without width within it."""


def line(text: str, room: int = SHOWN_CHARS) -> str:
    """One line of about `room` characters; what would be unseen, or turn its surroundings, is spelled out."""
    words = " ".join(text.split())
    return _NOT_XML.sub("\ufffd", visible(words if len(words) <= room else f"{words[:room]}…"))


def sentence(text: str) -> str:
    """A line with more room."""
    return line(text, 10 * SHOWN_CHARS)


def logged(text: str) -> Text:
    """For a log: no part of it is a command to a CI's runner."""
    return Text(_COMMAND.sub(r"\g<0> ", sentence(text)))


def escaped(text: str) -> str:
    """Without Markdown and HTML, mentions and references, in the room of a sentence."""
    return markdown_escaped(sentence(text))


def code(text: str) -> str:
    """A name or a prompt, in Markdown."""
    return f"<code>{escaped(line(text))}</code>"
