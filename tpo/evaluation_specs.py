"""What every checkpoint of a run is measured on, as its configuration says it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tpobench.harness.evaluation.judging import judge_for
from tpobench.harness.evaluation.registry import benchmark_named
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.records import Prompt, SamplingParams
from tpobench.harness.store.steps import Arm
from tpobench.tpo.config import TASKS, BenchmarkConfig
from tpobench.tpo.run import TrainingRun


@dataclass(frozen=True, kw_only=True)
class RunBenchmark:
    """A benchmark of the run: what is to be evaluated of every model, and its judge's id. `judge_in_memory` says that
    the judge needs the memory that the sampled model takes."""

    spec: EvaluationSpec
    judge_id: str
    judge_in_memory: bool

    @property
    def name(self) -> str:
        return self.spec.benchmark.name

    @property
    def prompts(self) -> Sequence[Prompt]:
        return self.spec.measured_benchmark.prompts


def run_benchmark(run: TrainingRun, entry: BenchmarkConfig) -> RunBenchmark:
    """A benchmark of the configuration, with the seed's direct answers as the candidate.

    Raises:
        UserError: for a benchmark or a judge that does not exist, and for prompts that the judge cannot judge.
    """
    config = run.config
    data = None if entry.data is None else Path(entry.data)
    new_tokens = entry.max_new_tokens or config.evaluation.sampling.max_new_tokens
    sampling = config.evaluation.sampling.model_copy(update={"max_new_tokens": new_tokens})
    spec = EvaluationSpec(
        benchmark=benchmark_named(entry.name, entry.split, data),
        candidate=config.model,
        judge=entry.judge,
        judge_model=entry.judge_model,
        metrics=tuple(entry.metrics),
        limit=entry.limit,
        params=sampling.params(config.seed),
        format_retries=0,
        data=data,
        served_models=tuple(config.api.served_models),
    )
    judge = judge_for(spec, run.clients.connect, run.progress)
    in_memory = judge.scorer is not None and judge.scorer.in_memory
    return RunBenchmark(spec=spec, judge_id=judge.id, judge_in_memory=in_memory)


def tasks_spec(run: TrainingRun, arm: Arm, model: str) -> EvaluationSpec:
    """The evaluation of a model on the configured tasks of lm-eval."""
    config, tasks = run.config, run.config.evaluation.lm_eval
    assert tasks is not None
    return EvaluationSpec(
        benchmark=benchmark_named(f"{TASKS}:{','.join(tasks.tasks)}"),
        candidate=model,
        mode=run.mode(arm),
        limit=tasks.limit,
        params=SamplingParams(
            max_new_tokens=tasks.max_new_tokens or config.evaluation.sampling.max_new_tokens, seed=config.seed
        ),
        limits_tokens=tasks.max_new_tokens is not None,
        format_retries=config.evaluation.format_retries,
        data=None if tasks.data is None else Path(tasks.data),
        settings={} if tasks.num_fewshot is None else {"num_fewshot": tasks.num_fewshot},
    )
