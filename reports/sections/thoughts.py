"""The same prompts before and after training: how thoughts and responses of the thought arm have changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from tpobench.harness.store.examples import CandidateAnswer, candidate_answers
from tpobench.harness.store.store import Store
from tpobench.reports.runs import Run

SHOWN = 3


@dataclass(frozen=True)
class BeforeAfter:
    """One prompt with the answers of two iterations."""

    before: CandidateAnswer
    after: CandidateAnswer


@dataclass(frozen=True)
class Thoughts:
    """Answers of the thought arm after its `first` and after its `last` evaluated iteration."""

    template: ClassVar[str] = "thoughts.html.j2"
    anchor: ClassVar[str] = "thoughts"
    title: ClassVar[str] = "Thoughts"
    first: int
    last: int
    shown: Sequence[BeforeAfter]


def of_run(store: Store, run: Run) -> Thoughts | None:
    """Three prompts of different categories, the first in the benchmark's order of which both answers parsed. None with
    fewer than two iterations."""
    evaluated = {i: evaluation for i in run.iterations if (evaluation := run.evaluation("thought", i)) is not None}
    if len(evaluated) < 2:
        return None
    first, last = min(evaluated), max(evaluated)
    afterwards = {answer.prompt: answer for answer in candidate_answers(store, evaluated[last].key)}
    shown: dict[str, BeforeAfter] = {}
    for before in candidate_answers(store, evaluated[first].key):
        after = afterwards.get(before.prompt)
        if after is not None and before.response and after.response and len(shown) < SHOWN:
            shown.setdefault(before.category, BeforeAfter(before, after))
    return Thoughts(first, last, list(shown.values()))
