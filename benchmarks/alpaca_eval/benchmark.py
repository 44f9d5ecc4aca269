"""AlpacaEval 2 as a benchmark."""

from pathlib import Path

from tpobench.benchmarks.alpaca_eval.data import NAME, ROWS, load
from tpobench.benchmarks.alpaca_eval.figures import difference, score
from tpobench.harness.evaluation.benchmark import Baseline, Benchmark


def alpaca_benchmark(data: Path | None) -> Benchmark:
    """The benchmark from a folder of official files, or from the hub. Raises UserError when neither has it."""
    loaded = load(data)
    return Benchmark(
        name=NAME,
        prompts=loaded.prompts,
        rows=ROWS,
        score=score(loaded),
        difference=difference(loaded),
        judge="alpaca_eval",
        baselines=(Baseline(loaded.baseline, [row.answer for row in loaded.rows]),),
        official=loaded.official,
        max_new_tokens=2048,
    )
