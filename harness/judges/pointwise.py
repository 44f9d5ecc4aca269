"""Judges that score one response by itself: rules, reward models, a user's function, a weighted sum of them."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from tpobench.harness.errors import UserError
from tpobench.harness.records import Prompt, Score

Asked = Sequence[tuple[Prompt, str]]
"""Prompts with the responses that are to be scored."""


class PointwiseJudge(Protocol):
    """`id` names everything that determines a score, `label` is for people."""

    @property
    def id(self) -> str: ...

    @property
    def label(self) -> str: ...

    def covers(self, judge: str) -> bool:
        """Whether its scores rest on those of the judge with this id."""

    def require(self, prompts: Sequence[Prompt]) -> None:
        """Raises UserError for a prompt whose responses it cannot score."""

    def score_all(self, asked: Asked) -> Iterator[list[Score]]:
        """Every response exactly once, in groups as they are done. Raises UserError for a score that is no number."""

    def close(self) -> None:
        """Free what the judge holds in memory."""


def scored(judge: PointwiseJudge, prompt: Prompt, response: str, value: float, components: Mapping[str, Any]) -> Score:
    """The score; raises UserError for NaN and infinity, which would otherwise spread through means and z-scores."""
    if not math.isfinite(value):
        raise UserError(f'the judge {judge.label} scored a response to "{prompt.text[:40]}" as {value}; mend the judge')
    return Score(judge=judge.id, prompt=prompt, response=response, value=float(value), components=components)
