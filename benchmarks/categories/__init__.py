"""The benchmark of the paper's 20 categories declares itself."""

from pathlib import Path
from typing import TYPE_CHECKING

from tpobench.harness.evaluation.declaration import BenchmarkDeclaration, BenchmarkRequest

if TYPE_CHECKING:
    from tpobench.harness.evaluation.benchmark import Benchmark


def _load(request: BenchmarkRequest) -> "Benchmark":
    from tpobench.benchmarks.categories.data import categories_benchmark

    return categories_benchmark(Path(request.argument), request.per_category)


CATEGORIES = BenchmarkDeclaration(
    name="categories",
    argument="FILE",
    summary="the prompts of a file, the same number of each category, judged in both orders",
    load=_load,
    options=frozenset({"per_category"}),
    orders="both",
    judge="alpaca_eval",
)
