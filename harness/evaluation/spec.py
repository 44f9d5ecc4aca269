"""One model through one benchmark, as it is asked for: who answers, who judges, against whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.registry import require_judged
from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.named import judge_named
from tpobench.harness.judges.request import Connect, JudgeRequest
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.resolve import EMBEDDED
from tpobench.harness.progress import Progress
from tpobench.harness.records import SamplingParams


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
    settings: Mapping[str, object] = field(default_factory=dict)
    """What only this benchmark knows, for example lm-eval's ``num_fewshot``."""

    def measured(self) -> Benchmark:
        """The benchmark with the orders and the number of prompts that are asked for."""
        chosen = self.benchmark if self.orders is None else replace(self.benchmark, orders=self.orders)
        return chosen.first(self.limit)


def judge_for(contest: EvaluationSpec, connect: Connect | None, progress: Progress) -> Judge:
    """The judge of an evaluation, able to judge every prompt of it. Without `connect` no model may be asked.

    Raises UserError for an unknown judge, for prompts that it cannot judge, and for a benchmark that
    takes none.
    """
    require_judged(contest.benchmark.name)
    judge = judge_named(
        JudgeRequest(
            name=contest.judge or contest.benchmark.judge,
            progress=progress,
            connect=connect,
            model=contest.judge_model,
            benchmark=contest.benchmark.name,
            data=contest.data,
            retry_missing=contest.retry_missing,
        )
    )
    judge.require(contest.measured().prompts)
    return judge


def about(contest: EvaluationSpec, judge: Judge) -> dict[str, object]:
    """What a reader must know of an evaluation beside its figures: whether it may be compared with published ones."""
    measured = contest.measured()
    reasons = []
    if measured.rows is not None and len(measured.prompts) < measured.rows:
        reasons.append(f"{len(measured.prompts)} of {measured.rows} prompts")
    if not measured.official:
        reasons.append("not the published prompts and baseline")
    elif contest.baseline not in (None, measured.default_baseline):
        reasons.append(f"another baseline than {measured.default_baseline}")
    if not judge.official:
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
