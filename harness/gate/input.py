"""What a gate looks at: the preferences of one model over others, and what is known of both sides' outputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from tpobench.harness.evaluation.benchmark import FigureDifference
from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.gate.champion import Champion
from tpobench.harness.records import Metric, Prompt

Role = Literal["head_to_head", "anchor", "champion"]
"""The models that a candidate is compared with."""

ROLES: tuple[Role, ...] = ("head_to_head", "anchor", "champion")


class PreferenceSource(Protocol):
    """The candidate's preferences over one other model, prompt by prompt."""

    @property
    def against(self) -> str:
        """The other model's name."""

    @property
    def fingerprint(self) -> str:
        """The other model's fingerprint."""

    @property
    def mode(self) -> str:
        """The name of the mode in which it answers."""

    @property
    def prompts(self) -> Sequence[Prompt]:
        """All prompts that may be judged."""

    @property
    def observations(self) -> Sequence[str]:
        """By prompt the key of what is compared there: its text, both responses and the judge. What has another key is
        another observation, whatever its file or its settings are called."""

    @property
    def free(self) -> bool:
        """Whether judging costs nothing: the judge asks nobody, or nobody may be asked."""

    @property
    def paid(self) -> bool:
        """Whether judgments cost something, also where they are there already: what a guard looks at must not depend on
        whether it was paid for before."""

    @property
    def advice(self) -> str:
        """What to do about judgments that are missing."""

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        """Judge the prompts with these indices, unless they are judged already.

        Returns:
            The candidate's preference on each of them, in [0, 1]; None where it is missing.
        """

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        """Every judgment of the prompts with these indices, as far as they are judged. Asks nobody."""

    @property
    def dollars_per_prompt(self) -> float | None:
        """What judging one prompt costs; None where a price is not known."""


@dataclass(frozen=True, kw_only=True)
class GateRequest:
    """Whom to decide on.

    Attributes:
        candidate: A model by name, or a checkpoint of a run (``thought/1``).
        against: The baseline, also so; empty for the benchmark's own.
        run: The name of the run that checkpoints belong to; empty for the newest.
        evaluation: The key of a stored evaluation to decide on; `candidate` and `against` are then only what to call
            its two sides.
        champion: The promoted checkpoint, where the policy has a rule on it.
        offline: Whether nothing is sampled and nobody is asked.
        retry_missing: Whether judgments without a verdict are asked for again.
        run_key: The key of the run that the decision belongs to; empty for none.
        served_models: Names under which servers may answer; the report's commands repeat them.
    """

    candidate: str
    against: str = ""
    run: str = ""
    evaluation: str = ""
    champion: Champion | None = None
    offline: bool = False
    retry_missing: bool = False
    run_key: str = ""
    served_models: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OutputSummary:
    """What is known of one side's outputs; None where the store does not say.

    Attributes:
        thought_chars: The mean length of the thoughts in characters.
        parse_error_rate: The share of first tries that did not parse.
        responses: By prompt.
        response_lengths: By prompt, in characters; only needed where there are no responses.
        refusals: By prompt the reason for which there is no response (one of `REFUSALS`), empty where there is none.
    """

    thought_chars: float | None = None
    parse_error_rate: float | None = None
    responses: Sequence[str] | None = None
    response_lengths: Sequence[int] | None = None
    refusals: Sequence[str] | None = None

    @property
    def lengths(self) -> Sequence[int] | None:
        """By prompt, how many characters the response has; None where that is not known: lengths that are all 0, where
        there are no texts, are those of answers that were imported without text."""
        if self.responses is not None:
            return [len(response) for response in self.responses]
        return self.response_lengths if any(self.response_lengths or ()) else None


@dataclass(frozen=True, kw_only=True)
class PairedValues:
    """A figure of both sides, made alike: by item the candidate's value and the baseline's, None where one is missing.

    `fitted` is there instead for a figure that is no mean of values, with its own interval. `problem` says why there is
    nothing to compare.
    """

    pairs: Sequence[tuple[float | None, float | None]] = ()
    fitted: FigureDifference | None = None
    problem: str = ""


class FigureSource(Protocol):
    """Figures of the candidate's evaluation on all prompts of the gate, for which the rest has to be judged."""

    @property
    def free(self) -> bool:
        """Whether they can be had for nothing."""

    @property
    def advice(self) -> str:
        """What to do where the figures cannot be had."""

    def metrics(self) -> Mapping[str, Metric]:
        """Judge what is not judged yet; the overall figures by name, none where judgments are missing that nobody may
        be asked for. Raises UserError where the judge cannot be reached."""


class ControlPairs(Protocol):
    """Bad answers as the candidate's, beside good ones."""

    @property
    def prompts(self) -> Sequence[Prompt]:
        """Those that have a bad and a good answer."""

    @property
    def free(self) -> bool:
        """Whether the judge costs nothing."""

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        """Judge the prompts with these indices, unless they are judged already: the preferences for the bad answers."""

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        """Every judgment of these prompts; one that was not asked for is empty."""


ControlKind = Literal["shuffled", "empty"]

_BAD: Mapping[ControlKind, str] = {"shuffled": "answers to other prompts", "empty": "empty answers"}


@dataclass(frozen=True)
class Control:
    """A known-bad control: what its bad answers are, and what the good ones are called that they must lose against."""

    kind: ControlKind
    own: str
    pairs: ControlPairs

    @property
    def bad(self) -> str:
        """What the bad answers are called."""
        return _BAD[self.kind]


@dataclass(frozen=True, kw_only=True)
class GateInput:
    """What a gate looks at. `head_to_head` is None where no rule needs a comparison.

    `controls` have answers that must lose; what one cannot show, the next may. `metrics` are those of the
    candidate's evaluation that the gate is about, and its scores, by name; `figures` are those that take judging.
    `items` are by lm-eval task, `paired` by figure. `answered` are the prompts where there is no comparison.
    `champion` is None where nothing was promoted yet, or the candidate was. `also_met` are the fingerprints of
    anchor and champion. `left_out` is how many prompts that earlier gates of the line looked at are missing.
    `folder` is where the candidate's weights are, where that is known. `rows` is how many prompts the whole
    benchmark has, where these are a sample of them.
    """

    candidate: str
    candidate_fingerprint: str
    candidate_mode: str
    baseline: str
    baseline_fingerprint: str
    baseline_mode: str = "direct"
    judge: str
    benchmark: str
    head_to_head: PreferenceSource | None
    controls: tuple[Control, ...] = ()
    anchor: PreferenceSource | None = None
    champion: PreferenceSource | None = None
    outputs: OutputSummary
    baseline_outputs: OutputSummary
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    figures: FigureSource | None = None
    items: Mapping[str, PairedValues] = field(default_factory=dict)
    paired: Mapping[str, PairedValues] = field(default_factory=dict)
    answered: Sequence[Prompt] = ()
    also_met: tuple[str, ...] = ()
    folder: str | None = None
    left_out: int = 0
    rows: int | None = None
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def prompts(self) -> Sequence[Prompt]:
        """The prompts that the gate is about: those on which the two are compared, or were answered."""
        return self.answered if self.head_to_head is None else self.head_to_head.prompts

    def source(self, role: Role) -> PreferenceSource | None:
        """The preferences over the model in this role."""
        sources = {"head_to_head": self.head_to_head, "anchor": self.anchor, "champion": self.champion}
        return sources[role]
