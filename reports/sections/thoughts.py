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


@dataclass(frozen=True, kw_only=True)
class Thoughts:
    """Answers of the thought arm after its `first` and after its `last` evaluated iteration; `evaluations` are the keys
    of both."""

    template: ClassVar[str] = "thoughts.html.j2"
    anchor: ClassVar[str] = "thoughts"
    title: ClassVar[str] = "Thoughts"
    first: int
    last: int
    shown: Sequence[BeforeAfter]
    evaluations: tuple[str, str]


def of_run(store: Store, run: Run) -> Thoughts | None:
    """Three prompts of different categories, the first in the benchmark's order of which both answers parsed. None with
    fewer than two iterations."""
    ends = thought_ends(run)
    if ends is None:
        return None
    before, after = (run.evaluation("thought", iteration) for iteration in ends)
    assert before is not None
    assert after is not None
    afterwards = {answer.prompt: answer for answer in candidate_answers(store, after.key)}
    shown: dict[str, BeforeAfter] = {}
    for answer in candidate_answers(store, before.key):
        later = afterwards.get(answer.prompt)
        if later is not None and answer.response and later.response and len(shown) < SHOWN:
            shown.setdefault(answer.category, BeforeAfter(answer, later))
    return Thoughts(first=ends[0], last=ends[1], shown=list(shown.values()), evaluations=(before.key, after.key))


def thought_ends(run: Run) -> tuple[int, int] | None:
    """The first and the last iteration whose thought arm was evaluated; None where these are not two."""
    evaluated = [iteration for iteration in run.iterations if run.evaluation("thought", iteration) is not None]
    return (min(evaluated), max(evaluated)) if len(evaluated) > 1 else None
