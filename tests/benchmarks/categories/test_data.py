"""Prompts by category, and the model that names categories."""

import json
from pathlib import Path

import pytest

from tpobench.benchmarks.categories.data import categories_benchmark, named_category, named_complexity
from tpobench.harness.errors import UserError


def test_categories_and_complexities_are_read_from_answers() -> None:
    assert named_category("Math and Calculations.") == "Math and Calculations"
    assert named_category("**reasoning & problem solving**") == "Reasoning and Problem-Solving"
    assert named_category("Art and Design or Creative Writing") is None
    assert named_category("Gardening") is None
    assert [named_complexity(text) for text in ("3", "Complexity: 4.", "2 or 3", "10", "six")] == [
        "3",
        "4",
        None,
        None,
        None,
    ]


def test_a_categories_benchmark_takes_so_many_of_each(tmp_path: Path) -> None:
    rows = [{"prompt": f"p{n}", "category": "xyz"[n % 3]} for n in range(30)] + [{"prompt": "none"}]
    (tmp_path / "p.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    chosen = categories_benchmark(tmp_path / "p.jsonl", per_category=4)
    assert sorted(prompt.category for prompt in chosen.prompts) == sorted("xyz" * 4)
    assert chosen.orders == "both"
    (tmp_path / "q.jsonl").write_text('{"prompt": "none"}\n')
    with pytest.raises(UserError, match="tpobench categorise"):
        categories_benchmark(tmp_path / "q.jsonl")
