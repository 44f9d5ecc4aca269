"""Fresh prompts for every iteration, never one that is measured on."""

from collections import Counter

import pytest

from benchmarks.starter import starter_prompts
from harness.errors import UserError
from harness.modes import DIRECT
from harness.records import Prompt
from tpo.instructions import allot
from tpo.thoughts import TEMPLATES, mode_named
from tpo.warm_start import warm_start_rows


def test_iterations_share_no_prompt_and_more_iterations_extend_the_same_order() -> None:
    pool = starter_prompts("training")
    three = allot(pool, [], 3, 24, seed=0)
    texts = [prompt.text for part in three for prompt in part]
    assert len(set(texts)) == 72
    assert allot(pool, [], 1, 24, seed=0) == three[:1]
    assert allot(pool, [], 1, 24, seed=1) != three[:1]
    assert max(Counter(prompt.category for prompt in three[0]).values()) <= 2


def test_a_held_out_prompt_is_never_trained_on_whatever_its_case_and_spaces() -> None:
    pool = [Prompt("Name a  fruit."), Prompt("name a fruit."), Prompt("Name a tree.")]
    ((only,),) = allot(pool, [Prompt("NAME A FRUIT.")], 1, 1, seed=0)
    assert only.text == "Name a tree."
    with pytest.raises(UserError, match="need 2, but the source has 1"):
        allot(pool, [Prompt("NAME A FRUIT.")], 1, 2, seed=0)


def test_both_arms_start_from_the_same_answers_and_every_thought_parses() -> None:
    mode = mode_named("think:generic")
    thinking = warm_start_rows(64, mode, TEMPLATES["generic"])
    direct = warm_start_rows(64, DIRECT, TEMPLATES["generic"])
    for thought_row, direct_row in zip(thinking, direct, strict=True):
        split = mode.split(thought_row["completion"])
        assert (split.error, split.response) == (None, direct_row["completion"])
        assert split.thought
    with pytest.raises(UserError, match="there are 64"):
        warm_start_rows(65, DIRECT, TEMPLATES["generic"])


def test_the_warm_start_holds_no_prompt_of_the_benchmark() -> None:
    measured = {p.text.lower() for split in ("validation", "test") for p in starter_prompts(split)}  # type: ignore[arg-type]
    asked = {row["messages"][0]["content"].lower() for row in warm_start_rows(64, DIRECT, TEMPLATES["generic"])}
    assert len(asked) == 64
    assert not asked & measured
