"""Who judges an evaluation, and whether its figures may be compared with published ones."""

from tpobench.harness.api.client import Connect
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.registry import declaration_of, package_with, require_judged
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.named import judge_named
from tpobench.harness.judges.request import JudgeRequest
from tpobench.harness.models.resolve import EMBEDDED
from tpobench.harness.plugins import OURS
from tpobench.harness.progress import Progress


def judge_for(spec: EvaluationSpec, connect: Connect | None, progress: Progress) -> Judge:
    """The judge of an evaluation, able to judge every prompt of it. Without `connect` no model may be asked.

    Raises UserError for an unknown judge, for prompts that it cannot judge, and for a benchmark that
    takes none.
    """
    require_judged(spec.benchmark.name)
    judge = judge_named(
        JudgeRequest(
            name=spec.judge or spec.benchmark.judge,
            progress=progress,
            connect=connect,
            model=spec.judge_model,
            benchmark=spec.benchmark.name,
            data=spec.data,
            retry_missing=spec.retry_missing,
        )
    )
    judge.require(spec.measured_benchmark.prompts)
    return judge


def about(spec: EvaluationSpec, judge: Judge) -> dict[str, object]:
    """What a reader must know of an evaluation beside its figures: whether it may be compared with published ones."""
    measured = spec.measured_benchmark
    reasons = []
    if measured.rows is not None and len(measured.prompts) < measured.rows:
        reasons.append(f"{len(measured.prompts)} of {measured.rows} prompts")
    if not measured.official:
        reasons.append("not the published prompts and baseline")
    elif spec.baseline not in (None, measured.default_baseline):
        reasons.append(f"another baseline than {measured.default_baseline}")
    if not judge.official and not _is_own_judge(spec):
        reasons.append("another judge than the published one")
    if measured.orders != spec.benchmark.orders:
        reasons.append(f"{measured.orders} order(s) of presentation")
    return {
        "judge_label": judge.label,
        "baseline": spec.baseline or measured.default_baseline or EMBEDDED,
        "rows": measured.rows,
        "orders": measured.orders,
        "not_comparable": reasons if measured.rows and _has_published_figures(measured) else [],
    }


def _has_published_figures(benchmark: Benchmark) -> bool:
    """Whether anybody publishes figures of this benchmark: of a user's own prompts nobody does."""
    declaration = declaration_of(benchmark.name)
    return benchmark.official or (declaration is not None and declaration.files is not None)


def _is_own_judge(spec: EvaluationSpec) -> bool:
    """Whether the judge is the one that another package's benchmark declares: that is the published one of it, whatever
    other benchmarks it judges."""
    own = spec.judge in (None, spec.benchmark.judge) and spec.judge_model is None
    return own and package_with(spec.benchmark.name) != OURS
