"""A gate that samples and judges what the store lacks: the candidate is compared with its opponents on a benchmark."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.judging import judge_for
from tpobench.harness.evaluation.output_sources import NamedOutputs
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.run import comparisons_of
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.gate.input import GateInput, OutputSummary
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.scored import with_scorers
from tpobench.harness.gate.stored import figures_of, items_of, mean_of
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.request import Connect
from tpobench.harness.models.modes import DIRECT, Mode, in_mode
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model, Prompt
from tpobench.harness.samplers.base import Sampler
from tpobench.harness.samplers.cached import sampler_for
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class ModelRef:
    """A model by name, the mode in which it answers, and what to call it."""

    name: str
    mode: Mode = DIRECT
    label: str = ""


@dataclass(frozen=True, kw_only=True)
class LivePreferences:
    """Judged as it is asked for. When `offline`, what the store lacks counts as missing."""

    store: Store
    judge_: Judge
    offline: bool
    benchmark: Benchmark
    candidate: ModelOutputs
    opponent: ModelOutputs
    against: str

    @property
    def prompts(self) -> Sequence[Prompt]:
        return self.benchmark.prompts

    @property
    def free(self) -> bool:
        return self.offline or self.judge_.free

    @property
    def advice(self) -> str:
        return "leave out --offline to ask for them" if self.offline else "--retry-missing asks again"

    def judge(self, places: Sequence[int]) -> list[float | None]:
        part = replace(self.benchmark, prompts=[self.benchmark.prompts[place] for place in places], baselines=())
        games = comparisons_of(self.judge_, part, self.candidate.at(places), self.opponent.at(places))
        if not self.offline:
            self.store.add_prompts(part.prompts)
            what = f"judging {self.candidate.model.name}"
            self.judge_.judge(self.store, [game for played in games for game in played], what)
        keys = [[self.judge_.key(game) for game in played] for played in games]
        preferences = self.store.preferences([key for played in keys for key in played])
        return [mean_of([preferences.get(key) for key in played]) for played in keys]


def live_input(
    store: Store,
    policy: Policy,
    contest: EvaluationSpec,
    connect: Connect,
    reporter: Progress,
    against: ModelRef | None,
    champion: ModelRef | None = None,
    offline: bool = False,
    called: str = "",
) -> GateInput:
    """Sample both sides (or, offline, read them) and set up the duels that the policy asks for.

    `against` None means the benchmark's own baseline; `called` is what to call the candidate. Raises UserError
    when candidate and baseline are the same, and offline when an output is not in the store.
    """
    measured, judge = contest.measured_benchmark, judge_for(contest, None if offline else connect, reporter)
    outputs = NamedOutputs(store, _refuse if offline else sampler_for(connect), reporter)
    store.add_prompts(measured.prompts)
    candidate = outputs.candidate(contest)

    def duel(opponent: ModelRef | None) -> LivePreferences | None:
        """None where the candidate would be compared with itself."""
        found = outputs.baseline(contest) if opponent is None else outputs.named(contest, opponent.name, opponent.mode)
        if found.is_of(candidate):
            return None
        label = opponent.label if opponent and opponent.label else found.model.name
        return LivePreferences(
            store=store,
            judge_=judge,
            offline=offline,
            benchmark=measured,
            candidate=candidate,
            opponent=found,
            against=in_mode(label, found.mode.name),
        )

    head, anchor = duel(against), None if policy.anchor is None else duel(ModelRef(policy.anchor.against))
    if head is None or (policy.anchor is not None and anchor is None):
        what = "baseline" if head is None else "anchor"
        raise UserError(f"the candidate {contest.candidate} is also the {what}; name another model")
    best = None if policy.champion is None or champion is None else duel(champion)
    model = candidate.model
    known = figures_of(store, model.fingerprint, candidate.mode.name, measured.name, judge.id)
    return GateInput(
        candidate=in_mode(called or contest.candidate, candidate.mode.name),
        judge=judge.id,
        benchmark=measured.name,
        head_to_head=head,
        baseline=head.against,
        baseline_fingerprint=head.opponent.model.fingerprint,
        candidate_fingerprint=model.fingerprint,
        candidate_mode=candidate.mode.name,
        outputs=output_summary(candidate),
        baseline_outputs=output_summary(head.opponent),
        anchor=anchor,
        champion=best,
        metrics=with_scorers(store, policy, known, measured.prompts, candidate.responses, offline),
        items=items_of(
            store,
            policy,
            model.fingerprint,
            candidate.mode.name,
            head.opponent.model.fingerprint,
            head.opponent.mode.name,
        ),
        also_met=tuple(met.opponent.model.fingerprint for met in (anchor, best) if met is not None),
        folder=model.folder,
    )


def output_summary(side: ModelOutputs) -> OutputSummary:
    """Lengths, parse errors and texts of outputs that are at hand."""
    n = len(side.outputs) or 1
    return OutputSummary(
        response_chars=sum(len(text) for text in side.responses) / n,
        thought_chars=sum(len(output.thought) for output in side.outputs) / n,
        parse_error_rate=sum(output.parse_error is not None for output in side.first_tries) / n,
        responses=side.responses,
    )


def stage_contest(policy: Policy, candidate: str, mode: Mode, retry_missing: bool = False) -> EvaluationSpec:
    """The contest that a policy's `evaluate` describes."""
    from tpobench.harness.evaluation.registry import benchmark_named
    from tpobench.harness.records import SamplingParams

    stage = policy.evaluate
    assert stage is not None
    data = None if stage.data is None else Path(stage.data)
    measured = benchmark_named(stage.benchmark, stage.split, data)
    params = SamplingParams(
        temperature=stage.temperature, max_new_tokens=stage.max_new_tokens or measured.max_new_tokens, seed=stage.seed
    )
    return EvaluationSpec(
        benchmark=measured,
        candidate=candidate,
        mode=mode,
        judge=stage.judge,
        judge_model=stage.judge_model,
        baseline=None,
        orders=stage.orders,
        limit=stage.limit,
        params=params,
        format_retries=stage.format_retries,
        retry_missing=retry_missing,
        data=data,
        limits_tokens=stage.max_new_tokens is not None,
    )


def _refuse(model: Model) -> Sampler:
    raise UserError(f"the store lacks outputs of {model.name}; leave out --offline to sample them")
