"""A gate that samples and judges what the store lacks: the candidate is compared with others on a benchmark."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from tpobench.harness.api.client import Connect
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.judging import about, judge_for
from tpobench.harness.evaluation.metrics import output_metrics
from tpobench.harness.evaluation.output_sources import NamedOutputs
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.preferences import Verdict
from tpobench.harness.evaluation.request import request_of
from tpobench.harness.evaluation.run import comparisons_of
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.gate.asked import AskedComparisons
from tpobench.harness.gate.canary import WatchedJudge
from tpobench.harness.gate.figures import Answers, ComparedSides, LiveFigures, candidate_metrics, paired_scores
from tpobench.harness.gate.input import Control, GateInput, GateRequest, OutputSummary
from tpobench.harness.gate.live_control import live_controls
from tpobench.harness.gate.needs import takes_baseline, takes_comparison, takes_evaluation, takes_judge
from tpobench.harness.gate.policy import EvaluateSection, Rules, spec_of
from tpobench.harness.gate.task_items import task_items
from tpobench.harness.gate.third_model import Where, paired_figures
from tpobench.harness.judges.base import Judge
from tpobench.harness.models.modes import DIRECT, Mode, in_mode
from tpobench.harness.models.thoughts import mode_named
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model, Prompt
from tpobench.harness.samplers.base import Sampler
from tpobench.harness.samplers.choose import sampler_for
from tpobench.harness.store.calls import calls_for
from tpobench.harness.store.runs import CHECKPOINT, checkpoint_named
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class ModelRef:
    """A model by name, the mode in which it answers, and what to call it (empty: by its name)."""

    name: str
    mode: Mode = DIRECT
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class LivePreferences:
    """Judged as they are asked for. When `offline`, what the store lacks counts as missing."""

    store: Store
    judge: Judge
    offline: bool
    benchmark: Benchmark
    candidate: ModelOutputs
    other: ModelOutputs
    against: str

    @property
    def fingerprint(self) -> str:
        """The other model's."""
        return self.other.model.fingerprint

    @property
    def mode(self) -> str:
        """In which the other model answers."""
        return self.other.mode.name

    @property
    def prompts(self) -> Sequence[Prompt]:
        """The benchmark's prompts."""
        return self.benchmark.prompts

    @property
    def free(self) -> bool:
        """Whether judging costs nothing."""
        return self.offline or self.judge.free

    @property
    def paid(self) -> bool:
        """Whether judgments cost something, also where they are in the store already."""
        return not self.judge.free

    @property
    def dollars_per_prompt(self) -> float | None:
        """What judging one prompt has cost so far, on average."""
        if not self.paid:
            return 0.0
        calls = calls_for(self.store, [key for of_prompt in self.asked.keys for key in of_prompt])
        judged = sum(len(of_prompt) for of_prompt in self.asked.keys) / max(len(self.asked.keys), 1)
        return None if calls.dollars is None or not calls.calls else judged * calls.dollars / calls.calls

    @property
    def advice(self) -> str:
        """What to do about judgments that are missing."""
        return "leave out --offline to ask for them" if self.offline else "--retry-missing asks again"

    def preferences(self, indices: Sequence[int]) -> list[float | None]:
        """The candidate's preference on the prompts with these indices; None where it is missing."""
        return self.asked.preferences(indices)

    @property
    def observations(self) -> list[str]:
        """By prompt the key of its judgments, whether they are stored or not."""
        return self.asked.observations

    def verdicts(self, indices: Sequence[int]) -> list[tuple[Verdict, ...]]:
        """The stored judgments of the prompts with these indices; one that is missing has no preference."""
        return self.asked.verdicts(indices)

    @cached_property
    def asked(self) -> AskedComparisons:
        """The comparisons of all prompts."""
        return AskedComparisons(
            store=self.store,
            judge=self.judge,
            offline=self.offline,
            comparisons=comparisons_of(self.judge, self.benchmark, self.candidate, self.other),
            title=f"judging {self.candidate.model.name}",
        )


@dataclass(frozen=True, kw_only=True)
class _Candidate:
    """The candidate's outputs, and how it is compared with others. `judge` is None where no rule takes one."""

    store: Store
    spec: EvaluationSpec
    judge: WatchedJudge | None
    offline: bool
    source: NamedOutputs
    outputs: ModelOutputs

    def other(self, ref: ModelRef | None) -> ModelOutputs | None:
        """The outputs of another model, or the benchmark's own baseline for None. None where that is the candidate
        itself."""
        source, spec = self.source, self.spec
        outputs = source.baseline(spec) if ref is None else source.named(spec, ref.name, ref.mode)
        return None if outputs.is_of(self.outputs) else outputs

    def over(self, ref: ModelRef | None, outputs: ModelOutputs | None) -> LivePreferences | None:
        """Its preferences over that model, with these outputs."""
        if outputs is None:
            return None
        assert self.judge is not None, "a rule that compares needs a judge"
        label = "" if ref is None else ref.label
        return LivePreferences(
            store=self.store,
            judge=self.judge,
            offline=self.offline,
            benchmark=self.spec.measured_benchmark,
            candidate=self.outputs,
            other=outputs,
            against=in_mode(label or outputs.model.name, outputs.mode.name),
        )


@contextmanager
def live_input(
    store: Store, policy: Rules, request: GateRequest, connect: Connect, progress: Progress
) -> Iterator[GateInput]:
    """What a gate looks at, with preferences that are judged as they are asked for.

    Args:
        store: Where outputs and judgments are looked up and kept.
        policy: The rules, with `evaluate`.
        request: Whom to compare. Without `against` it is the benchmark's own baseline. When `offline`, nothing is
            sampled and nobody is asked.
        connect: Makes the client of an endpoint.
        progress: Shows how far it is.

    Yields:
        The input, for as long as the judge is open.

    Raises:
        UserError: Candidate and baseline, or candidate and anchor, are the same; a name means nothing; or, offline, an
            output is not in the store.
    """
    section = policy.evaluate
    assert section is not None, "a gate without 'evaluate' uses the store"
    candidate = _model_ref(store, request, request.candidate, section.mode)
    spec = spec_of(section, candidate.name, candidate.mode, request.retry_missing)
    with ExitStack() as stack:
        judge = None
        if takes_judge(policy):
            connected = judge_for(spec, None if request.offline else connect, progress)
            stack.callback(connected.close)
            prompts = spec.measured_benchmark.prompts
            judge = WatchedJudge(watched=connected, pairs=policy.sensitivity.canary, prompts=prompts)
        store.add_prompts(spec.measured_benchmark.prompts)
        source = NamedOutputs(store, _refuse if request.offline else sampler_for(connect), progress)
        compared = _Candidate(
            store=store, spec=spec, judge=judge, offline=request.offline, source=source, outputs=source.candidate(spec)
        )
        yield _input(policy, request, section, compared)


def _input(policy: Rules, request: GateRequest, section: EvaluateSection, candidate: _Candidate) -> GateInput:
    against = _model_ref(candidate.store, request, request.against, section.against_mode) if request.against else None
    baseline = _required(candidate, against, "baseline") if request.against or takes_baseline(policy) else None
    head_to_head = candidate.over(against, baseline) if takes_comparison(policy) else None
    controls = _controls(policy, candidate, head_to_head)
    anchor = None
    if policy.anchor is not None:
        ref = ModelRef(policy.anchor.against)
        anchor = candidate.over(ref, _required(candidate, ref, "anchor"))
    champion = None
    if policy.champion is not None and request.champion is not None:
        promoted = request.champion
        ref = ModelRef(promoted.folder, mode_named(promoted.mode), promoted.name)
        champion = candidate.over(ref, candidate.other(ref))
    sides = ComparedSides(
        candidate=candidate.outputs.model.fingerprint,
        candidate_mode=candidate.outputs.mode.name,
        baseline="" if baseline is None else baseline.model.fingerprint,
        baseline_mode="" if baseline is None else baseline.mode.name,
    )
    benchmark = candidate.spec.measured_benchmark
    label = request.against or ("" if baseline is None else baseline.model.name)
    return GateInput(
        candidate=in_mode(request.candidate, sides.candidate_mode),
        candidate_fingerprint=sides.candidate,
        candidate_mode=sides.candidate_mode,
        baseline=in_mode(label, sides.baseline_mode),
        baseline_fingerprint=sides.baseline,
        baseline_mode=sides.baseline_mode,
        judge="" if candidate.judge is None else candidate.judge.id,
        benchmark=benchmark.name,
        head_to_head=head_to_head,
        controls=controls,
        anchor=anchor,
        champion=champion,
        outputs=_summary(candidate.outputs),
        baseline_outputs=OutputSummary() if baseline is None else _summary(baseline),
        also_met=tuple(other.other.model.fingerprint for other in (anchor, champion) if other is not None),
        folder=candidate.outputs.model.folder,
        rows=benchmark.rows,
        answered=benchmark.prompts,
        **_figures(policy, request, candidate, baseline, sides),
    )


def _controls(policy: Rules, candidate: _Candidate, head_to_head: LivePreferences | None) -> tuple[Control, ...]:
    """What the judge has to be able to tell apart. The judge is also watched on these pairs."""
    if head_to_head is None or candidate.judge is None:
        return ()
    pairs = live_controls(policy.sensitivity, head_to_head.asked, head_to_head.candidate, head_to_head.other)
    candidate.judge.control = [comparison for _, _, live in pairs for comparison in live.comparisons]
    return tuple(Control(kind, own, live) for kind, own, live in pairs)


def _figures(
    policy: Rules, request: GateRequest, candidate: _Candidate, baseline: ModelOutputs | None, sides: ComparedSides
) -> dict[str, Any]:
    """What a `GateInput` has of figures."""
    store, spec, judge, benchmark = candidate.store, candidate.spec, candidate.judge, candidate.spec.measured_benchmark
    answers = Answers(
        prompts=benchmark.prompts,
        candidate=candidate.outputs.responses,
        baseline=None if baseline is None else baseline.responses,
        offline=request.offline,
    )
    where = Where(
        benchmark=benchmark,
        judge=None if judge is None else judge.id,
        prompts={prompt.key for prompt in benchmark.prompts},
    )
    figures = None
    if takes_evaluation(policy) and judge is not None and baseline is not None:
        named = request.against or None
        figures = LiveFigures(
            store=store,
            judge=judge,
            benchmark=benchmark,
            candidate=candidate.outputs,
            baseline=baseline,
            about=about(replace(spec, baseline=named), judge),
            asked=request_of(replace(spec, served_models=request.served_models), names_sides=False),
            offline=request.offline,
        )
    own = {metric.name: metric for metric in output_metrics(candidate.outputs)}
    return {
        "metrics": candidate_metrics(store, policy, own, answers),
        "figures": figures,
        "items": task_items(store, policy, sides),
        "paired": paired_scores(store, policy, answers) | paired_figures(store, policy, sides, where),
    }


def _model_ref(store: Store, request: GateRequest, name: str, mode: str) -> ModelRef:
    """A model and its mode: those of a run's checkpoint, or the policy's."""
    if not CHECKPOINT.fullmatch(name):
        return ModelRef(name, mode_named(mode), name)
    checkpoint = checkpoint_named(store, request.run, name)
    return ModelRef(checkpoint.folder, mode_named(checkpoint.mode), name)


def _required(candidate: _Candidate, ref: ModelRef | None, role: str) -> ModelOutputs:
    outputs = candidate.other(ref)
    if outputs is None:
        raise UserError(f"the candidate {candidate.spec.candidate} is also the {role}; name another model")
    return outputs


def _summary(side: ModelOutputs) -> OutputSummary:
    """Thoughts, parse errors and texts of outputs that are at hand."""
    n = len(side.outputs) or 1
    return OutputSummary(
        thought_chars=sum(len(output.thought) for output in side.outputs) / n,
        parse_error_rate=sum(output.parse_error is not None for output in side.first_tries) / n,
        responses=side.responses,
        refusals=[output.refusal for output in side.outputs],
    )


def _refuse(model: Model) -> Sampler:
    raise UserError(f"the store lacks outputs of {model.name}; leave out --offline to sample them")
