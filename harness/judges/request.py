"""What a judge is made of: its name as the user wrote it, and how a model may be asked."""

from dataclasses import dataclass
from pathlib import Path

from tpobench.harness.api.client import Connect
from tpobench.harness.api.endpoints import endpoint_named
from tpobench.harness.errors import UserError
from tpobench.harness.judges.asking import ComparisonProtocol, ModelJudge
from tpobench.harness.judges.scorer import Scorer
from tpobench.harness.judges.scoring import ScoreJudge
from tpobench.harness.progress import Progress


@dataclass(frozen=True, kw_only=True)
class JudgeRequest:
    """A judge that is wanted.

    `name` is what the user wrote, KIND or KIND:ARGUMENT. `model` is the judge model that was named (NAME, or
    NAME@http://...), `benchmark` what is judged, `data` the folder with the benchmark's official files. Without
    `connect` no model may be asked: the judge names its judgments and what they would take.
    """

    name: str
    progress: Progress
    connect: Connect | None = None
    model: str | None = None
    benchmark: str = ""
    data: Path | None = None
    retry_missing: bool = False

    @property
    def kind(self) -> str:
        return self.name.partition(":")[0]

    @property
    def argument(self) -> str:
        return self.name.partition(":")[2]

    @property
    def model_name(self) -> str | None:
        """The judge model that was named, without its address."""
        return None if self.model is None else endpoint_named(self.model).model

    def require_no_argument(self) -> None:
        """Raises UserError for ``KIND:ARGUMENT`` where the judge takes no argument."""
        if self.argument:
            raise UserError(f"the judge {self.kind} takes no argument: write {self.kind}, not {self.name}")

    def require_argument(self, argument: str) -> None:
        """Raises UserError for ``KIND`` alone where the judge is named with this argument."""
        if not self.argument:
            raise UserError(f"the judge {self.kind} is named with its argument: {self.kind}:{argument}")

    def asking(self, protocol: ComparisonProtocol) -> ModelJudge:
        """The judge that asks a model by this protocol, at the endpoint that was named."""
        client = None if self.connect is None else self.connect(endpoint_named(self.model or protocol.model))
        return ModelJudge(protocol=protocol, client=client, progress=self.progress, retry_missing=self.retry_missing)

    def scoring(self, scorer: Scorer, official: bool = False) -> ScoreJudge:
        """The judge that prefers the response with the higher score; `official` where a benchmark publishes figures by
        it."""
        return ScoreJudge(scorer=scorer, progress=self.progress, official=official)
