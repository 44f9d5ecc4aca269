"""What is measured: benchmarks by name, or a prompt file of the user's."""

from pathlib import Path
from typing import get_args

from tpobench.benchmarks.starter.data import Split, starter_prompts
from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.prompt_files import prompts_from_file

BENCHMARKS = ("starter", "alpaca_eval", "arena_hard_v0.1", "arena_hard_v2.0", "categories:FILE", "lm_eval:TASK")
LM_EVAL = "lm_eval:"
SPLITS = get_args(Split)


def benchmark_named(name: str, split: str = "test", data: Path | None = None, per_category: int = 500) -> Benchmark:
    """A benchmark by name (and split of the starter set), or from a ``*.jsonl`` file; `data` is a folder with official
    files. Raises UserError for an unknown one."""
    if name == "alpaca_eval":
        return _alpaca_eval(data)
    if name.startswith("arena_hard"):
        from tpobench.benchmarks.arena_hard.figures import arena_hard

        return arena_hard(name, data)
    if name.startswith(LM_EVAL):
        return Benchmark(name=name, prompts=(), judge="lm_eval")
    if name.startswith("categories:"):
        from tpobench.benchmarks.categories.data import categories_benchmark

        return categories_benchmark(Path(name.removeprefix("categories:")), per_category)
    if Path(name).suffix == ".jsonl":
        return Benchmark(name=Path(name).name, prompts=prompts_from_file(Path(name)), max_new_tokens=96)
    if name != "starter":
        raise UserError(f"unknown benchmark {name!r} (a name, or a file *.jsonl); {did_you_mean(name, [*BENCHMARKS])}")
    for known in SPLITS:
        if split == known:
            return Benchmark(name=f"{name}/{split}", prompts=starter_prompts(known), max_new_tokens=96)
    raise UserError(f"unknown split {split!r}; {did_you_mean(split, list(SPLITS))}")


def _alpaca_eval(data: Path | None) -> Benchmark:
    from tpobench.benchmarks.alpaca_eval import data as alpaca_eval

    loaded = alpaca_eval.load(data)
    return Benchmark(
        name=alpaca_eval.NAME,
        prompts=loaded.prompts,
        rows=alpaca_eval.ROWS,
        score=alpaca_eval.score(loaded.gamed),
        judge="alpaca_eval",
        baseline=loaded.baseline,
        answers=[row.answer for row in loaded.rows],
        official=loaded.official,
        max_new_tokens=2048,
    )
