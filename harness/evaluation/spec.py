"""One model through one benchmark, from its name to its stored evaluation: who answers, who judges, against whom."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tpobench.benchmarks.alpaca_eval.data import aligned, answers_in
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint, endpoint_named
from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.given_outputs import add_answers
from tpobench.harness.evaluation.outputs import ModelOutputs, sample_outputs
from tpobench.harness.evaluation.registry import LM_EVAL
from tpobench.harness.evaluation.run import judge_and_store
from tpobench.harness.judges.alpaca_eval import DEFAULT, AlpacaEvalJudge
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.base import PairwiseJudge
from tpobench.harness.judges.checklist import ChecklistJudge
from tpobench.harness.judges.verdict import self_taught_evaluator, verdict_judge
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.resolve import EMBEDDED, resolve_model
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model, SamplingParams
from tpobench.harness.samplers.base import Sampler
from tpobench.harness.samplers.cached import OutputCache, sampler_for
from tpobench.harness.store.store import Store

JUDGES = ("checklist", "alpaca_eval", "arena_hard", "ste", "verdict:FILE.yaml")

Connect = Callable[[Endpoint], Client]
Load = Callable[[Model], Sampler]


@dataclass(frozen=True, kw_only=True)
class EvaluationSpec:
    """What is asked for. None stands for the benchmark's own: judge, baseline, orders, token limit."""

    benchmark: Benchmark
    candidate: str
    mode: Mode = DIRECT
    judge: str | None = None
    judge_model: str | None = None
    baseline: str | None = None
    orders: str | None = None
    limit: int | None = None
    params: SamplingParams = field(default_factory=SamplingParams)
    format_retries: int = 2
    retry_missing: bool = False
    data: Path | None = None
    limits_tokens: bool = False
    """Whether `params.max_new_tokens` was asked for, and is not the benchmark's own."""

    def measured(self) -> Benchmark:
        """The benchmark with the orders and the number of prompts that are asked for."""
        chosen = self.benchmark if self.orders is None else replace(self.benchmark, orders=self.orders)
        return chosen.first(self.limit)


def judge_for(contest: EvaluationSpec) -> ChecklistJudge | PairwiseJudge:
    """The judge that a contest names, ``KIND[:NAME]``; raises UserError for an unknown one, and for lm-eval's tasks,
    which have none."""
    if contest.benchmark.name.startswith(LM_EVAL):
        raise UserError(f"lm-eval scores {contest.benchmark.name} by itself: there is no judge, to ask or to check")
    kind, _, name = (contest.judge or contest.benchmark.judge).partition(":")
    model = None if contest.judge_model is None else endpoint_named(contest.judge_model).model
    if kind == "checklist":
        judge = ChecklistJudge()
        judge.require(contest.benchmark.prompts)
        return judge
    if kind == "alpaca_eval":
        return AlpacaEvalJudge(name or DEFAULT, model)
    if kind == "ste":
        return self_taught_evaluator(model)
    if kind == "verdict":
        return verdict_judge(Path(name), model)
    if kind == "arena_hard":
        from tpobench.benchmarks.arena_hard.figures import arena_hard_judge

        version = name or contest.benchmark.name.removeprefix("arena_hard_")
        return arena_hard_judge(version, contest.data, model)
    raise UserError(f"unknown judge {kind!r}; {did_you_mean(kind, list(JUDGES))}")


def run_evaluation(store: Store, contest: EvaluationSpec, connect: Connect, reporter: Progress) -> str:
    """Answer, judge, measure, store; returns the evaluation's key. Goes on where an earlier try stopped."""
    measured, judge = contest.measured(), judge_for(contest)
    seat = connected_judge(judge, contest, connect, reporter)
    candidate = candidate_of(store, contest, connect, reporter)
    baseline = baseline_of(store, contest, connect, reporter)
    if candidate.model.fingerprint == baseline.model.fingerprint and candidate.mode == baseline.mode:
        reporter.say(f"{candidate.model.name} meets its own answers: every win rate will be 50% or so")
    return judge_and_store(store, seat, measured, candidate, baseline, about(contest, judge))


def about(contest: EvaluationSpec, judge: ChecklistJudge | PairwiseJudge) -> dict[str, object]:
    """What a reader must know of an evaluation beside its figures: whether it may be compared with published ones."""
    measured = contest.measured()
    reasons = []
    if measured.rows is not None and len(measured.prompts) < measured.rows:
        reasons.append(f"{len(measured.prompts)} of {measured.rows} prompts")
    if not measured.official:
        reasons.append("not the published prompts and baseline")
    elif contest.baseline not in (None, measured.default_baseline):
        reasons.append(f"another baseline than {measured.default_baseline}")
    if not getattr(judge, "official", False):
        reasons.append("another judge than the published one")
    if measured.orders != contest.benchmark.orders:
        reasons.append(f"{measured.orders} order(s) of presentation")
    return {
        "judge_label": judge.label,
        "baseline": contest.baseline or measured.default_baseline or EMBEDDED,
        "rows": measured.rows,
        "orders": measured.orders,
        "not_comparable": reasons if measured.rows else [],
    }


def candidate_of(store: Store, contest: EvaluationSpec, connect: Connect, reporter: Progress) -> ModelOutputs:
    """The candidate's outputs: sampled, or read from a file. Raises UserError where the contest names none."""
    if not contest.candidate:
        raise UserError("no model is named; name one with --model")
    return outputs_of(store, contest, contest.candidate, contest.mode, connect, reporter)


def baseline_of(
    store: Store, contest: EvaluationSpec, connect: Connect, reporter: Progress, load: Load | None = None
) -> ModelOutputs:
    """The benchmark's own answers, or those of the model that the contest names."""
    measured = contest.measured()
    given = measured.baseline_named(contest.baseline)
    if given is not None:
        return add_answers(store, given.name, measured.prompts, given.answers)
    return outputs_of(
        store=store,
        contest=contest,
        name=contest.baseline or EMBEDDED,
        mode=DIRECT,
        connect=connect,
        reporter=reporter,
        load=load,
    )


def outputs_of(
    store: Store,
    contest: EvaluationSpec,
    name: str,
    mode: Mode,
    connect: Connect,
    reporter: Progress,
    load: Load | None = None,
) -> ModelOutputs:
    """Any model's outputs for the contest's prompts: read from a file, stored already, or sampled. `load` makes the
    sampler, in place of the usual one."""
    measured = contest.measured()
    if Path(name).suffix == ".json" and Path(name).is_file():
        rows = list(answers_in(Path(name)))
        if contest.limit is not None:
            wanted = {prompt.text for prompt in measured.prompts}
            rows = [row for row in rows if row.prompt.text in wanted]
        author = Path(name).parent.name if Path(name).name == "model_outputs.json" else Path(name).stem
        return add_answers(store, author, measured.prompts, aligned(rows, measured.prompts, name))
    chosen = resolve_model(name)
    store.add_model(chosen, "given")
    with OutputCache(store, chosen, load or sampler_for(connect), reporter) as generator:
        return sample_outputs(generator, mode, measured, contest.params, contest.format_retries, chosen.name)


def connected_judge(
    judge: ChecklistJudge | PairwiseJudge, contest: EvaluationSpec, connect: Connect, reporter: Progress
) -> ChecklistJudge | ModelJudge:
    if isinstance(judge, ChecklistJudge):
        return judge
    endpoint = endpoint_named(contest.judge_model or judge.model)
    return ModelJudge(judge, connect(endpoint), reporter, contest.retry_missing)
