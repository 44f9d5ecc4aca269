"""Judges that compare two responses by asking a model: what they are told, and how their answer is read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from tpobench.harness.api.responses import Choice
from tpobench.harness.records import Message, Prompt, judgment_key


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two responses to one prompt, in the order in which a judge sees them (``AB``: the candidate's first).

    `markers` are those of the candidate's mode: none may be in what a judge is shown. `repeat` numbers the calls that
    ask the same thing again, to see whether the judge repeats itself.
    """

    prompt: Prompt
    candidate: str
    baseline: str
    order: str
    markers: tuple[str, ...] = ()
    repeat: int = 0

    @property
    def shown(self) -> tuple[str, str]:
        """First and second response."""
        return (self.candidate, self.baseline) if self.order == "AB" else (self.baseline, self.candidate)

    def key(self, judge: str) -> str:
        asked = self.prompt.text_key if self.repeat == 0 else f"{self.prompt.text_key}#{self.repeat}"
        return judgment_key(judge, asked, self.candidate, self.baseline, self.order)


@dataclass(frozen=True)
class Reading:
    """A judge's answer: its verdict in the judge's own words, and the probability that the first response is better
    (None: no verdict)."""

    verdict: str
    first: float | None

    def preference(self, order: str) -> float | None:
        """Oriented to the candidate."""
        if self.first is None or order == "AB":
            return self.first
        return 1.0 - self.first


class PairwiseJudge(Protocol):
    """`id` names everything that determines a judgment: prompts, parser, model and parameters; not the address."""

    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...

    @property
    def model(self) -> str: ...

    @property
    def options(self) -> Mapping[str, Any]: ...

    @property
    def ties_identical(self) -> bool:
        """Whether equal responses are a tie without a call."""

    def order(self, prompt: Prompt) -> str:
        """The order in which a single game is played: the protocol's own, seeded by the prompt."""

    def messages(self, comparison: Comparison) -> tuple[Message, ...]: ...

    def read(self, choice: Choice) -> Reading:
        """Raises Malformed for an answer that lacks what was asked of the server, such as log-probabilities."""

    def follow_up(self, messages: tuple[Message, ...], text: str) -> tuple[Message, ...] | None:
        """What to say next to a judge that gave no verdict; None when nothing more is said."""


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with each ``{name}`` replaced once, in one pass: braces inside a response stay as they are."""
    return re.sub("|".join(re.escape(f"{{{name}}}") for name in values), lambda m: values[m[0][1:-1]], template)
