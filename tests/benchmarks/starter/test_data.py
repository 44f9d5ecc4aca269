"""The starter benchmark's promises: categories, splits, and checks that a good answer can meet."""

import json
import re
from collections import Counter
from importlib.resources import files
from itertools import combinations
from typing import Any

from tpobench.harness.judges.prompt_checks import is_met, problem_with

CATEGORIES = {
    "Art and Design",
    "Business and Finance",
    "Content Writing",
    "Conversational Dialogue",
    "Creative Writing",
    "Data Analysis and Visualization",
    "Education and Learning",
    "Entertainment and Humor",
    "Game Development",
    "General Knowledge",
    "Health and Wellness",
    "Language and Translation",
    "Marketing and Sales",
    "Math and Calculations",
    "Personal Development",
    "Programming and Coding",
    "Reasoning and Problem-Solving",
    "Research and Analysis",
    "Science and Technology",
    "Travel and Leisure",
}


def rows() -> list[dict[str, Any]]:
    text = files("tpobench.benchmarks.starter").joinpath("prompts.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def test_every_category_has_as_many_prompts_in_every_split() -> None:
    by_split = Counter((row["split"], row["category"]) for row in rows())
    assert {category for _, category in by_split} == CATEGORIES
    assert {split: count for (split, _), count in by_split.items()} == {"training": 7, "validation": 3, "test": 3}
    assert len(set(by_split.values())) == 2


def test_no_two_prompts_are_alike() -> None:
    for a, b in combinations(rows(), 2):
        one, other = words(a["prompt"]), words(b["prompt"])
        assert len(one & other) / len(one | other) < 0.7, (a["prompt"], b["prompt"])


def test_every_check_is_well_formed_and_met_by_the_reference_answer() -> None:
    for row in rows():
        assert 2 <= len(row["checks"]) <= 4
        for check in row["checks"]:
            assert problem_with(check) is None, row
            assert is_met(check, row["reference"]), (row["prompt"], check)
            assert not is_met(check, " "), "nothing is met by saying nothing"
