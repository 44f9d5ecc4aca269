"""What scores one response by itself: rules, reward models, a user's function, a weighted sum of them."""

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from tpobench.harness.errors import UserError
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt, Score, score_key
from tpobench.harness.store.store import Store

PromptedResponses = Sequence[tuple[Prompt, str]]
"""Prompts with the responses that are to be scored."""


class Scorer(Protocol):
    """Scores single responses: the higher, the better. A scorer names this class as its base, and inherits what is not
    abstract.

    Attributes:
        id: Names everything that determines a score.
        label: For people.
        bounded: Whether every score is in [0, 1], so that a mean of them has an interval.
        in_memory: Whether it holds a model, so that others make room for it.
    """

    id: str
    label: str
    bounded: bool = False
    in_memory: bool = False

    @abstractmethod
    def score_all(self, responses: PromptedResponses) -> Iterator[list[Score]]:
        """Every response exactly once, in groups as they are done. Raises UserError for a score that is not a
        number."""

    def covers(self, judge: str) -> bool:
        """Whether its scores rest on those of the judge with this id."""
        return judge == self.id

    def require(self, prompts: Sequence[Prompt]) -> None:
        """Raises UserError for a prompt whose responses it cannot score."""
        return

    def close(self) -> None:
        """Free what the scorer holds in memory."""
        return


def scored(scorer: Scorer, prompt: Prompt, response: str, value: float, components: Mapping[str, Any]) -> Score:
    """A score, checked to be a number: NaN and infinity would spread through means and z-scores.

    Args:
        scorer: Whose score it is.
        prompt: What was answered.
        response: The answer.
        value: The score; the higher, the better.
        components: What it is made of, kept beside it.

    Raises:
        UserError: The value is NaN or infinite.
    """
    if not math.isfinite(value):
        raise UserError(
            f'the judge {scorer.label} scored a response to "{prompt.text[:40]}" as {value}; correct the judge'
        )
    return Score(judge=scorer.id, prompt=prompt, response=response, value=float(value), components=components)


def ensure_scores(
    store: Store, scorer: Scorer, responses: PromptedResponses, progress: Progress, title: str
) -> dict[str, float]:
    """Have every response scored that the store holds no score of; each group is stored as it is done.

    Args:
        store: Where scores are looked up and kept.
        scorer: Asked for what is missing only.
        responses: May hold the same pair more than once.
        progress: Shows how far it is.
        title: What the progress bar is called.

    Returns:
        All values, by `score_key`.

    Raises:
        UserError: The scorer failed, or left a response out; what it did score is stored.
    """
    by_key = {score_key(scorer.id, prompt, response): (prompt, response) for prompt, response in responses}
    missing_keys = store.missing("score", list(by_key))
    if missing_keys:
        missing = [by_key[key] for key in missing_keys]
        store.add_prompts({prompt.key: prompt for prompt, _ in missing}.values())
        with progress.scoring(title, len(missing)) as advance:
            for group in scorer.score_all(missing):
                store.add_scores(group)
                advance(len(group))
    values = store.scores(list(by_key))
    if len(values) < len(by_key):
        raise UserError(
            f"the judge {scorer.label} left {len(by_key) - len(values)} of {len(by_key)} responses without a score; "
            "the others are stored, run the command again to ask for the rest"
        )
    return values
