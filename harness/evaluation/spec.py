"""One model through one benchmark, as it is asked for: who answers, who judges, against whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.models.modes import DIRECT, Mode
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
    metrics: tuple[str, ...] = ()
    """Scorers of single responses beside the judge, or instead of one: ``my_metrics.py:brevity``."""
    served_models: tuple[str, ...] = ()
    """Names under which servers may answer besides the models' own. They change no figure, and are told again."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """What only this benchmark knows, for example lm-eval's ``num_fewshot``."""

    @property
    def is_judged(self) -> bool:
        """Whether responses are compared: metrics alone need no judge, and no baseline."""
        return not self.metrics or self.judge is not None or self.judge_model is not None

    @property
    def has_baseline(self) -> bool:
        """Whether there is another side."""
        return self.is_judged or self.baseline is not None

    @cached_property
    def measured_benchmark(self) -> Benchmark:
        """The benchmark with the orders and the number of prompts that are asked for."""
        chosen = self.benchmark if self.orders is None else replace(self.benchmark, orders=self.orders)
        return chosen.sample(self.limit)
