"""What eval and plan do differently with lm-eval's tasks, which lm-eval scores by itself and against no baseline."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tpobench.cli.options.api import Api

if TYPE_CHECKING:
    from tpobench.benchmarks.lm_eval.planning import TaskPlan
    from tpobench.benchmarks.lm_eval.tasks import TaskOptions, TaskResult
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.progress import Progress
    from tpobench.harness.store.store import Store

_WITHOUT_EFFECT = (
    "split",
    "judge",
    "judge_model",
    "baseline",
    "orders",
    "per_category",
    "temperature",
    "retry_missing",
)
"""Options of a contest that are about a judge, a baseline or other benchmarks' prompts, or that the task decides."""


def is_lm_eval(spec: "EvaluationSpec") -> bool:
    from tpobench.harness.evaluation.registry import LM_EVAL

    return spec.benchmark.name.startswith(LM_EVAL)


def refuse_without_effect(context: typer.Context, spec: "EvaluationSpec") -> None:
    """Raises UserError where the user gave an option that changes nothing with lm-eval's tasks."""
    from tpobench.harness.errors import UserError

    given = [f"--{name.replace('_', '-')}" for name in _WITHOUT_EFFECT if _is_given(context, name)]
    if not given:
        return
    verb, them = ("has", "it") if len(given) == 1 else ("have", "them")
    raise UserError(
        f"{' and '.join(given)} {verb} no effect with --benchmark {spec.benchmark.name}, which lm-eval samples and "
        f"scores in its own way; leave {them} out"
    )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name not in ("DEFAULT", "DEFAULT_MAP")


def run(spec: "EvaluationSpec", api: Api, store: Path, reporter: "Progress") -> "list[TaskResult]":
    from tpobench.benchmarks.lm_eval.tasks import run_tasks
    from tpobench.harness.models.resolve import resolve_model
    from tpobench.harness.samplers.cached import OutputCache, sampler_for
    from tpobench.harness.store.store import Store

    model, load = resolve_model(spec.candidate), sampler_for(api.connect)
    with Store(store) as opened, OutputCache(opened, model, load, reporter) as generator:
        return run_tasks(_tasks(spec), generator, spec.mode, opened, reporter, _options(spec))


def planned(spec: "EvaluationSpec", api: Api, store: "Store | None", reporter: "Progress") -> "TaskPlan":
    from tpobench.benchmarks.lm_eval.planning import plan_tasks

    return plan_tasks(
        tasks=_tasks(spec),
        candidate=spec.candidate,
        mode=spec.mode,
        options=_options(spec),
        reporter=reporter,
        concurrency=api.concurrency,
        store=store,
    )


def _tasks(spec: "EvaluationSpec") -> list[str]:
    from tpobench.harness.evaluation.registry import LM_EVAL

    return spec.benchmark.name.removeprefix(LM_EVAL).split(",")


def _options(spec: "EvaluationSpec") -> "TaskOptions":
    from tpobench.benchmarks.lm_eval.tasks import TaskOptions

    return TaskOptions(
        limit=spec.limit,
        max_new_tokens=spec.params.max_new_tokens if spec.limits_tokens else None,
        seed=spec.params.seed,
        format_retries=spec.format_retries,
        data=spec.data,
    )
