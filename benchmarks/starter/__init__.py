"""The starter benchmark declares itself."""

from typing import TYPE_CHECKING

from tpobench.harness.evaluation.declaration import BenchmarkDeclaration, BenchmarkRequest

if TYPE_CHECKING:
    from tpobench.harness.evaluation.benchmark import Benchmark


def _load(request: BenchmarkRequest) -> "Benchmark":
    from tpobench.benchmarks.starter.data import starter_benchmark

    return starter_benchmark(request.split)


STARTER = BenchmarkDeclaration(
    name="starter",
    summary="260 prompts in 20 categories with checks that a rule decides; no key, no download",
    load=_load,
    splits=("training", "validation", "test"),
)
