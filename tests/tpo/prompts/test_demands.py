"""Every demand says exactly what its check decides, and no two of different families contradict each other."""

import re
from itertools import combinations, product

import pytest

from tests.data import DATA, real_data
from tpobench.harness.judges.prompt_checks import is_met, problem_with
from tpobench.harness.records import Prompt
from tpobench.tpo.prompts.demands import FAMILIES, Demand, with_demands

EVERY = [demand for family in FAMILIES.values() for demand in family]
PLAIN = [Prompt(f"What do you know about the {animal}?") for animal in ("cat", "dog", "owl", "bee", "fox", "ant")]


def answer(demands: list[Demand]) -> str:
    """A response that meets them all, put together by rules of its own."""
    asked = {kind: value for demand in demands for kind, value in demand.check.items()}
    start, end = asked.get("starts_with", ""), asked.get("ends_with", "")
    words = ["glad", *([asked["contains"]] if "contains" in asked else [])]
    fixed = len(re.findall(r"\w+", f"{start} {end}"))
    words += ["red"] * max(0, asked.get("min_words", 0) - len(words) - fixed)
    if "list_items" in asked:
        body = [" ".join(words), *["- red"] * asked["list_items"]]
    else:
        lines = asked.get("lines", 1)
        body = [" ".join(words), *["red"] * (lines - 1)]
    return f"{start} {body[0]}" + "".join(f"\n{line}" for line in body[1:]) + (f" {end}" if end else "")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_demands_of_different_families_can_be_met_together(number: int) -> None:
    for families in combinations(FAMILIES.values(), number):
        for demands in product(*families):
            text = answer(list(demands))
            assert all(is_met(demand.check, text) for demand in demands), (demands, text)


BREAKS = {
    "max_words": lambda n: "red " * (n + 1),
    "min_words": lambda n: "red " * (n - 1),
    "max_sentences": lambda n: "Red it is. " * (n + 1),
    "list_items": lambda n: "- red\n" * (n + 1),
    "lines": lambda n: "red\n" * (n + 1),
    "contains": lambda word: f"un{word}ly",
    "excludes": lambda word: f"Red {word.upper()} blue.",
    "starts_with": lambda start: f"Red. {start}",
    "ends_with": lambda end: f"{end} Red",
}
KEPT = {
    "max_words": lambda n: "red " * n,
    "min_words": lambda n: "red " * n,
    "max_sentences": lambda n: "Red it is. " * n,
    "list_items": lambda n: "Colors:\n" + "1. red\n" * n,
    "lines": lambda n: "red\n\n" * n,
    "contains": lambda word: f"Red, {word}; blue.",
    "excludes": lambda word: f"un{word}ly",
    "starts_with": lambda start: f"{start} red",
    "ends_with": lambda end: f"Red. {end}\n",
}
MARKS = {
    "commas": ("red\nblue, green\nred", "red\nblue green! (1)?"),
    "exclamation marks": ("red\nblue!\ngreen", "red, blue? (1)"),
    "question marks": ("red\nblue?\ngreen", "red, blue! (1)"),
    "digits": ("red\n- 7 blue\ngreen", "red, seven (blue)!?"),
    "parentheses": ("red\n(blue)\ngreen", "red, 7 blue!?"),
}


@pytest.mark.parametrize("demand", EVERY, ids=lambda demand: demand.sentence)
def test_each_demand_has_a_text_that_just_fails_it_and_one_that_just_meets_it(demand: Demand) -> None:
    assert problem_with(demand.check) is None
    ((kind, value),) = demand.check.items()
    if kind == "regex":
        fails, meets = next(pair for mark, pair in MARKS.items() if mark in demand.sentence)
    else:
        fails, meets = BREAKS[kind](value), KEPT[kind](value)
    assert is_met(demand.check, meets), meets
    assert not is_met(demand.check, fails), fails


@pytest.mark.parametrize("demand", EVERY, ids=lambda demand: demand.sentence)
def test_the_sentence_holds_the_value_of_its_check(demand: Demand) -> None:
    ((kind, value),) = demand.check.items()
    numbers = {1: "one", 2: "two", 3: "three", 4: "four", 5: "five"}
    if kind != "regex":
        said = demand.sentence
        assert str(value) in said or (isinstance(value, int) and re.search(rf"\b{numbers[value]}\b", said))
    wording = {"max_words": "at most", "min_words": "at least", "max_sentences": "no more than", "excludes": "Do not"}
    assert wording.get(kind, "") in demand.sentence


def test_demands_depend_on_the_seed_and_the_text_alone() -> None:
    together = with_demands(PLAIN, 2, seed=0)
    assert together[::-1] == with_demands(PLAIN[::-1], 2, seed=0)
    assert [with_demands([prompt], 2, seed=0)[0] for prompt in PLAIN] == together
    assert with_demands(PLAIN, 2, seed=1) != together
    assert len({prompt.checks[0].keys().__iter__().__next__() for prompt in with_demands(PLAIN * 1, 1, seed=0)}) > 1


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_prompt_gets_as_many_demands_as_checks_and_keeps_its_words(number: int) -> None:
    for before, after in zip(PLAIN, with_demands(PLAIN, number, seed=3), strict=True):
        assert after.text.startswith(before.text + " ")
        said = after.text.removeprefix(before.text)
        asked = [demand for demand in EVERY if demand.check in after.checks]
        assert len(after.checks) == len(asked) == number
        assert all(demand.sentence in said for demand in asked)
        assert (after.category, after.source) == (before.category, before.source)
    with pytest.raises(ValueError, match="one to three"):
        with_demands(PLAIN, 4, seed=0)


def test_an_instruction_that_sets_its_own_length_or_form_is_not_contradicted() -> None:
    long = Prompt('Write an essay of 500 words, with a list of the 7 items, on the word "very".')
    for seed in range(200):
        (after,) = with_demands([long], 3, seed)
        kinds = {kind for check in after.checks for kind in check}
        assert not kinds & {"max_words", "min_words", "max_sentences", "list_items", "lines"}
        assert {"excludes": "very"} not in after.checks
    judged = Prompt("Name a fruit.", checks=({"max_words": 3},))
    assert with_demands([judged], 3, seed=0) == [judged]


def test_a_text_of_several_lines_or_without_a_full_stop_is_set_apart() -> None:
    for text in ("Translate this:\n\nBonjour.", "capital of france"):
        (after,) = with_demands([Prompt(text)], 1, seed=0)
        assert after.text.startswith(f"{text}\n\n")


@real_data
def test_ten_thousand_real_instructions_get_demands() -> None:
    import pyarrow.parquet as pq

    instructions = pq.read_table(DATA / "alpaca_eval" / "instructions.parquet")["instruction"]
    real = [Prompt(text) for text in instructions.to_pylist()]
    assert all(len(prompt.checks) == 3 for prompt in with_demands(real, 3, seed=0))
