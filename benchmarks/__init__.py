"""What is measured: benchmarks by name, or a prompt file of the user's."""

from pathlib import Path
from typing import get_args

from benchmarks.prompt_files import prompts_from_file
from benchmarks.starter import Split, starter_prompts
from harness.errors import UserError, did_you_mean
from harness.evaluate import Benchmark

BENCHMARKS = ("starter",)


def benchmark_named(name: str, split: str = "test") -> Benchmark:
    """A benchmark by name and split, or from a ``*.jsonl`` file; raises UserError for an unknown one."""
    if Path(name).suffix == ".jsonl":
        return Benchmark(Path(name).name, prompts_from_file(Path(name)))
    if name not in BENCHMARKS:
        raise UserError(f"unknown benchmark {name!r} (a name, or a file *.jsonl); {did_you_mean(name, [*BENCHMARKS])}")
    for known in get_args(Split):
        if split == known:
            return Benchmark(f"{name}/{split}", starter_prompts(known))
    raise UserError(f"unknown split {split!r}; {did_you_mean(split, list(get_args(Split)))}")
