"""A mode is how a prompt is put to a model and how its raw text is taken apart: direct, or think with a template."""

from collections.abc import Callable
from dataclasses import dataclass

from tpobench.harness.records import Message, Split, content_key


@dataclass(frozen=True, kw_only=True)
class Mode:
    """`system` and `user` are templates; ``{prompt}`` in `user` stands for the user's query.

    `split(raw text)` finds the thought and the response. `markers` may never reach a judge.
    """

    name: str
    user: str
    split: Callable[[str], Split]
    system: str | None = None
    markers: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        return content_key("mode", self.system, self.user, self.markers)

    def messages(self, prompt: str) -> tuple[Message, ...]:
        user = {"role": "user", "content": self.user.replace("{prompt}", prompt)}
        return (user,) if self.system is None else ({"role": "system", "content": self.system}, user)


def _split_direct(raw: str) -> Split:
    response = raw.strip()
    return Split("", response, None if response else "empty_response")


DIRECT = Mode(name="direct", user="{prompt}", split=_split_direct)
"""The query alone; the whole text is the response."""


def in_mode(name: str, mode: str) -> str:
    """What to call a model that answers in the mode of this name: ``NAME (MODE)``, its name alone where it answers
    directly or never answered (no mode)."""
    return name if mode in ("", DIRECT.name) else f"{name} ({mode})"
