"""The tasks of lm-eval declare themselves."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tpobench.harness.evaluation.declaration import (
    BenchmarkDeclaration,
    BenchmarkRequest,
    ImportedModel,
    LeftOut,
    OfficialFiles,
)
from tpobench.harness.evaluation.self_scored_run import SelfScoredRun

if TYPE_CHECKING:
    from tpobench.benchmarks.lm_eval.plan import TaskPlan
    from tpobench.benchmarks.lm_eval.results import TaskResult
    from tpobench.harness.evaluation.benchmark import Benchmark
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.progress import Progress
    from tpobench.harness.samplers.cached import OutputCache
    from tpobench.harness.store.store import Store


def _load(request: BenchmarkRequest) -> "Benchmark":
    from tpobench.harness.evaluation.benchmark import Benchmark

    return Benchmark(name=request.name, prompts=(), judge="lm_eval")


def _figures(names: Sequence[str]) -> Mapping[str, str]:
    """By lm-eval's own names, without its standard errors and our counts."""
    counts = ("_rate", "_chars", "truncated", "unanswered")
    return {name: name for name in names if "_stderr" not in name and not name.endswith(counts)}


def _run(store: "Store", spec: "EvaluationSpec", outputs: "OutputCache", progress: "Progress") -> "list[TaskResult]":
    from tpobench.benchmarks.lm_eval.self_scored_run import run

    return run(store, spec, outputs, progress)


def _plan(store: "Store | None", spec: "EvaluationSpec", concurrency: int, progress: "Progress") -> "TaskPlan":
    from tpobench.benchmarks.lm_eval.self_scored_run import plan

    return plan(store, spec, concurrency, progress)


def _has_task(name: str) -> bool:
    from tpobench.benchmarks.lm_eval.names import has_task

    return has_task(name)


def _import(store: "Store", path: Path, data: Path | None) -> Iterator[ImportedModel | LeftOut]:
    from tpobench.benchmarks.lm_eval.files import import_folder

    return import_folder(store, path)


def _export(store: "Store", model: str, out: Path, data: Path | None) -> list[Path]:
    from tpobench.benchmarks.lm_eval.files import export_model

    return [export_model(store, model, out)]


LM_EVAL = BenchmarkDeclaration(
    name="lm_eval",
    argument="TASK,TASK",
    summary="tasks of lm-eval, for example gsm8k, which it scores by itself",
    load=_load,
    options=frozenset({"data"}),
    judge="lm_eval",
    figures=_figures,
    files=OfficialFiles(summary="results_*.json", import_files=_import, export_files=_export),
    run=SelfScoredRun(
        scorer="lm-eval",
        run=_run,
        plan=_plan,
        # They are about a judge, a baseline or other benchmarks' prompts, or the task decides.
        without_effect=frozenset(
            {
                "split",
                "judge",
                "judge_model",
                "metric",
                "baseline",
                "orders",
                "per_category",
                "temperature",
                "retry_missing",
            }
        ),
        has_part=_has_task,
        sizes={"gsm8k": 1319, "gsm8k_answer_only": 1319, "ifeval": 541},
    ),
    packages=("lm-eval",),
)
