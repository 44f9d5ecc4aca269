"""What an evaluation asks of lm-eval: its tasks run, or counted."""

from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.plan import TaskPlan, plan_tasks
from tpobench.benchmarks.lm_eval.results import TaskResult
from tpobench.benchmarks.lm_eval.tasks import run_tasks
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.progress import Progress
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.store.store import Store


def run(store: Store, spec: EvaluationSpec, outputs: OutputCache, progress: Progress) -> list[TaskResult]:
    """Run the tasks that the benchmark's name lists."""
    return run_tasks(tasks_of(spec), outputs, spec.mode, store, progress, options_of(spec))


def plan(store: Store | None, spec: EvaluationSpec, concurrency: int, progress: Progress) -> TaskPlan:
    """Count what the tasks would take."""
    return plan_tasks(
        tasks=tasks_of(spec),
        candidate=spec.candidate,
        mode=spec.mode,
        options=options_of(spec),
        progress=progress,
        concurrency=concurrency,
        store=store,
    )


def tasks_of(spec: EvaluationSpec) -> list[str]:
    """``lm_eval:gsm8k,ifeval`` names two tasks."""
    return spec.benchmark.name.partition(":")[2].split(",")


def options_of(spec: EvaluationSpec) -> TaskOptions:
    """Raises UserError for a setting that lm-eval's tasks do not have."""
    num_fewshot = spec.settings.get("num_fewshot")
    if set(spec.settings) - {"num_fewshot"} or not isinstance(num_fewshot, int | None):
        raise UserError(f"lm-eval's tasks have one setting, num_fewshot, a number; not {dict(spec.settings)}")
    return TaskOptions(
        limit=spec.limit,
        num_fewshot=num_fewshot,
        max_new_tokens=spec.params.max_new_tokens if spec.limits_tokens else None,
        seed=spec.params.seed,
        format_retries=spec.format_retries,
        data=spec.data,
    )
