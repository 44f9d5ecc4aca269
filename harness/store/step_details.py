"""What each kind of step leaves behind in the store, as types; their JSON is what `step.details` holds."""

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, ClassVar, Literal, Self

from tpobench.harness.errors import UserError

StepKind = Literal[
    "instructions",
    "seed",
    "warm_start",
    "sample",
    "score",
    "pairs",
    "train",
    "select",
    "evaluate",
    "lm_eval",
    "head_to_head",
    "gate",
]


class Stored:
    """A dataclass that is kept as JSON; a field with a default is left out where it has that value."""

    def as_stored(self) -> dict[str, Any]:
        stored = asdict(self)  # type: ignore[call-overload]
        defaults = {one.name: one.default for one in _fields(self) if one.default is not MISSING}
        return {name: value for name, value in stored.items() if name not in defaults or value != defaults[name]}

    @classmethod
    def from_stored(cls, stored: Mapping[str, Any]) -> Self:
        """Names that the type does not know are left out. Raises UserError where one is lacking."""
        try:
            return cls(**{one.name: _value(one, stored[one.name]) for one in _fields(cls) if one.name in stored})
        except TypeError as error:
            raise UserError(f"the store holds a step that this version cannot read: {error}") from error


def _fields(stored: Stored | type[Stored]) -> tuple[Field[Any], ...]:
    return fields(stored)  # type: ignore[arg-type]


def _value(described: Field[Any], stored: Any) -> Any:
    """Lists of mappings are tuples of the type that the field names."""
    of = described.metadata.get("of")
    return stored if of is None else tuple(of.from_stored(one) for one in stored)


class StepDetails(Stored):
    """What a finished step of one kind left behind."""

    kind: ClassVar[StepKind]


@dataclass(frozen=True, kw_only=True)
class InstructionsDetails(StepDetails):
    """The prompts of all iterations: a key for each, how many were fresh, and what was left out by reason."""

    kind = "instructions"
    iterations: list[str]
    available: int
    validation: int
    removed: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class SeedDetails(StepDetails):
    """The model that the run starts from; `model` is its fingerprint."""

    kind = "seed"
    model: str
    name: str
    folder: str


@dataclass(frozen=True, kw_only=True)
class SampleDetails(StepDetails):
    """How an iteration's training samples look. Shares, and mean lengths: in tokens, and in characters of those that
    parsed."""

    kind = "sample"
    outputs: int
    parse_error_rate: float
    truncated: float
    tokens: float
    thought_chars: float
    response_chars: float


@dataclass(frozen=True, kw_only=True)
class ScoreDetails(StepDetails):
    """How many responses the training judge scored, and how many that parsed it left without a score."""

    kind = "score"
    scored: int
    missing: int
    mean_score: float | None


@dataclass(frozen=True, kw_only=True)
class PairDetails(StepDetails):
    """The pairs of an iteration, and the prompts without one by reason.

    `pairs` are those that are trained on; `too_long` ones more have too many tokens for that. (None: a run of before
    counted these among the pairs.)

    `format_rejected` pairs have a rejected side that merely does not parse; lengths (mean characters) and `margin` are
    those of the others. `rho_held` and `lengths_by_rho` are there where rho was searched for.
    """

    kind = "pairs"
    pairs: int
    dropped: Mapping[str, int]
    rho: float
    format_rejected: int
    format_share: float
    chosen_chars: float | None
    rejected_chars: float | None
    margin: float | None
    rho_held: bool | None = None
    lengths_by_rho: Mapping[str, tuple[float, float] | None] | None = None
    too_long: int | None = None


@dataclass(frozen=True, kw_only=True)
class EpochDetails(Stored):
    """What one epoch left: its folder, its fingerprint `model`, and means over its steps."""

    epoch: int
    folder: str
    model: str
    metrics: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class JobDetails(StepDetails):
    """A training job by its content key `job`, and its epochs; `metrics` are the last one's.

    `target` is the folder of the epoch that was chosen. `model` and `folder` are there where there was
    only one to choose.
    """

    job: str
    name: str
    target: str
    parent: str
    method: str
    epochs: tuple[EpochDetails, ...] = field(metadata={"of": EpochDetails})
    metrics: Mapping[str, float]
    model: str | None = None
    folder: str | None = None


@dataclass(frozen=True, kw_only=True)
class TrainDetails(JobDetails):
    """Preference training; `too_long` pairs were left out."""

    kind = "train"
    too_long: int | None = None


@dataclass(frozen=True, kw_only=True)
class WarmStartDetails(JobDetails):
    """Supervised learning from examples, before the first iteration."""

    kind = "warm_start"
    examples: int | None = None


@dataclass(frozen=True, kw_only=True)
class EpochFigure(Stored):
    """How an epoch did on the held-out prompts: its win rate against the model that training started from."""

    epoch: int
    win_rate: float
    low: float | None
    high: float | None
    parsed: float


@dataclass(frozen=True, kw_only=True)
class SelectDetails(StepDetails):
    """The epoch that was chosen on `held_out` prompts by `figures`."""

    kind = "select"
    job: str
    epoch: int
    model: str
    folder: str
    metrics: Mapping[str, float]
    held_out: int
    figures: tuple[EpochFigure, ...] = field(metadata={"of": EpochFigure})


@dataclass(frozen=True, kw_only=True)
class EvaluateDetails(StepDetails):
    """The key of an evaluation and its win rate. `train_judge_win_rate` is what the training judge makes of the same
    answers, where it is another judge and gave verdicts."""

    kind = "evaluate"
    evaluation: str
    win_rate: float | None
    train_judge_win_rate: float | None = None


@dataclass(frozen=True, kw_only=True)
class HeadToHeadDetails(StepDetails):
    """The key of the evaluation of thought against direct, and thought's win rate."""

    kind = "head_to_head"
    evaluation: str
    win_rate: float | None


@dataclass(frozen=True, kw_only=True)
class TasksDetails(StepDetails):
    """The key of the evaluation of each task of lm-eval."""

    kind = "lm_eval"
    evaluations: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class GateDetails(StepDetails):
    """The key of a gate decision, and its outcome."""

    kind = "gate"
    gate_decision: str
    decision: str


DETAILS: dict[str, type[StepDetails]] = {
    details.kind: details
    for details in (
        InstructionsDetails,
        SeedDetails,
        WarmStartDetails,
        SampleDetails,
        ScoreDetails,
        PairDetails,
        TrainDetails,
        SelectDetails,
        EvaluateDetails,
        TasksDetails,
        HeadToHeadDetails,
        GateDetails,
    )
}
"""The details of every kind of step."""
