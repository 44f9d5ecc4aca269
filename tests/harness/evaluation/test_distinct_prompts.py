"""One prompt, however it is written, is one observation; another prompt of the same pattern is another."""

import time

import pytest

from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness.evaluation.distinct_prompts import distinct, repeated_prompts
from tpobench.harness.records import Prompt

LONG = "Write a short story about a lighthouse keeper who finds a letter in a bottle and answers it every single winter"


def test_trailing_blanks_make_no_new_prompts() -> None:
    texts = [f"Name a fruit of colour {'abcdefghijkl'[number % 12]}.{' ' * (number // 12)}" for number in range(130)]
    assert distinct([Prompt(text) for text in texts]) == list(range(12))


@pytest.mark.parametrize(
    "again",
    [
        " name a  FRUIT",
        "Name a fruit!",
        "Name a fruit.\u200b\n\n",
        "Nаme a fruit.",  # a Cyrillic letter
        "Ｎａｍｅ a fruit.",
        "**Name a fruit.**",
        "Name a fruit. (17)",
        "Name a fruit. #4",
        "Q12: Name a fruit.",
    ],
)
def test_the_same_prompt_in_other_dress(again: str) -> None:
    assert repeated_prompts(["Name a fruit.", again]) == [None, 0]


def test_a_few_words_more_around_a_long_prompt_make_it_no_other() -> None:
    long = f"{LONG}, and describe the sea, the sky, the gulls, and the lamp at night in simple words"
    assert repeated_prompts([long, f"Please {long}, thanks.", long.replace("keeper", "painter")]) == [None, 0, None]


@pytest.mark.parametrize(
    "texts",
    [
        ["What is 12 + 30?", "What is 12 + 31?", "What is 12 * 30?", "What is 12 - 30?"],
        ["prompt 0", "prompt 1", "prompt 10"],
        ["Is 7 prime? Answer yes or no.", "Is 9 prime? Answer yes or no."],
        [f"{LONG * 3} in {year} words" for year in (1990, 1991)],
        [f"{LONG * 3}. Question: who {what}?" for what in ("wrote the letter", "keeps the light")],
        ["-5 + 3 = ?", "5 + 3 = ?"],
        ["¿?", "!!", "..."],
        ["Name a fruit.", "Name two fruits.", "Do not name a fruit."],
        ["天空为什么是蓝色的", "海水为什么是咸的"],
    ],
)
def test_prompts_of_one_pattern_are_different_prompts(texts: list[str]) -> None:
    assert distinct([Prompt(text) for text in texts]) == list(range(len(texts)))


def test_the_starter_prompts_are_all_distinct() -> None:
    prompts = [prompt for split in ("training", "validation", "test") for prompt in starter_prompts(split)]  # type: ignore[arg-type]
    assert len(distinct(prompts)) == len(prompts)


def test_a_prompt_that_was_known_before_is_named() -> None:
    assert repeated_prompts(["Name a fruit", "Name a colour"], known=["Name a bird.", "name a fruit."]) == [1, None]


def test_a_thousand_prompts_take_no_second() -> None:
    prompts = [Prompt(f"{LONG} {number} and tell it to {number + 1} children") for number in range(1000)]
    start = time.process_time()
    assert len(distinct(prompts)) == 1000
    assert time.process_time() - start < 5  # a tenth of it on a machine that does nothing else
