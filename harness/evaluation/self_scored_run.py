"""Benchmarks that sample and score in their own way, against no baseline and without a judge."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.progress import Progress
    from tpobench.harness.records import Metric
    from tpobench.harness.samplers.cached import OutputCache
    from tpobench.harness.store.store import Store


class SelfScoredResult(Protocol):
    """The stored figures of one part of a benchmark."""

    @property
    def task(self) -> str:
        """Names the part."""

    @property
    def evaluation(self) -> str:
        """The key of its evaluation."""

    @property
    def title(self) -> str:
        """What people read above its figures."""

    @property
    def metrics(self) -> "Sequence[Metric]":
        """Its figures."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""


class SelfScoredPlan(Protocol):
    """What a run would take."""

    def as_json(self) -> dict[str, Any]:
        """For `--json`."""

    def lines(self) -> list[str]:
        """For the terminal."""


def _no_part(name: str) -> bool:
    return False


@dataclass(frozen=True, kw_only=True)
class SelfScoredRun:
    """How a benchmark is run that takes no judge.

    Attributes:
        scorer: Who scores instead, for messages.
        run: Samples through the given outputs, scores, and stores an evaluation for each part. Raises UserError.
        plan: What that would take, with this many calls at a time and with the store's measured rates, if there is one.
        without_effect: Parameters of `tpobench eval` that change nothing, for example ``judge``.
        sizes: How many items each part has, where that is known without loading it.
        has_part: Whether there is a part of this name, as far as that is known without loading any.
    """

    scorer: str
    run: "Callable[[Store, EvaluationSpec, OutputCache, Progress], Sequence[SelfScoredResult]]"
    plan: "Callable[[Store | None, EvaluationSpec, int, Progress], SelfScoredPlan]"
    without_effect: frozenset[str] = frozenset()
    sizes: Mapping[str, int] = field(default_factory=dict)
    has_part: Callable[[str], bool] = _no_part
