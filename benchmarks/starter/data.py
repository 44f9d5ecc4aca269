"""The starter benchmark: 260 prompts over the paper's 20 categories, each with checks that a rule can decide.

Its splits never share a prompt: `training` feeds the optimizer, `validation` is for choosing settings, `test` is for
figures. Scores come from the `checklist` judge, a rule-based stand-in for an LLM judge.
"""

import json
from functools import cache
from importlib.resources import files

from tpobench.harness.evaluation.benchmark import SHORT_ANSWERS, Benchmark
from tpobench.harness.records import Prompt


def starter_benchmark(split: str) -> Benchmark:
    """The prompts of one split as a benchmark."""
    return Benchmark(name=f"starter/{split}", prompts=starter_prompts(split), max_new_tokens=SHORT_ANSWERS)


@cache
def starter_prompts(split: str) -> tuple[Prompt, ...]:
    """The prompts of one split, in file order."""
    text = files("tpobench.benchmarks.starter").joinpath("prompts.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return tuple(
        Prompt(row["prompt"], row["category"], f"starter/{split}", tuple(row["checks"]))
        for row in rows
        if row["split"] == split
    )
