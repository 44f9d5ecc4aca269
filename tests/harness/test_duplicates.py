"""What counts as the same text: the exact similarity decides, MinHash only proposes."""

import random
from itertools import combinations

import pytest

from tpobench.benchmarks.starter.data import starter_prompts
from tpobench.harness import duplicates
from tpobench.harness.duplicates import MISSED, PERMUTATIONS, Earlier, Seen, bands, jaccard, normalised, shingles

TEN = "one two three four five six seven eight nine ten"


def test_case_and_spaces_do_not_make_a_text_new() -> None:
    seen = Seen(0.7)
    assert seen.take("Name a  Fruit.", "first") is None
    assert seen.take(" name a\nfruit. ", "second") == Earlier("first", True)
    assert seen.take("name a fruit", "second") == Earlier("first", False)


def test_shingles_by_hand() -> None:
    assert shingles("name a red fruit") == {"name", "a", "red", "fruit"}
    assert shingles("name a red, round fruit!") == {"name a red", "a red round", "red round fruit"}
    assert shingles("what is 2+3?") == {"what is 2", "is 2 +", "2 + 3"}
    assert jaccard(shingles(TEN), shingles(TEN.replace("ten", "x"))) == 7 / 9


def test_operators_numbers_and_characters_without_spaces_tell_texts_apart() -> None:
    for one, other in (("What is 2+3?", "What is 2*3?"), ("天空为什么是蓝色的", "海水为什么是咸的呢"), ("?!", "...")):
        seen = Seen(0.7)
        assert (seen.take(one, ""), seen.take(other, "")) == (None, None)
    seen = Seen(0.7)
    assert seen.take("请用三句话解释天空为什么是蓝色的", "old") is None
    assert seen.take("请用三句话解释天空为什么是蓝色的呢", "") == Earlier("old", False)


@pytest.mark.parametrize(("threshold", "repeated"), [(7 / 9, True), (7 / 9 + 1e-9, False)])
def test_the_threshold_itself_counts_as_a_near_duplicate(threshold: float, repeated: bool) -> None:
    seen = Seen(threshold)
    assert seen.take(TEN, "old") is None
    assert (seen.take(TEN.replace("ten", "x"), "new") == Earlier("old", False)) is repeated


def test_a_repeated_text_is_not_taken_itself() -> None:
    """Otherwise chains of ever less similar texts would all be one."""
    seen = Seen(0.7)
    words = TEN.split()
    assert seen.take(TEN, "old") is None
    assert seen.take(" ".join([*words[:-1], "x"]), "new") == Earlier("old", False)
    assert seen.take(" ".join(["y", *words[1:-1], "x"]), "third") is None


def test_of_several_the_one_taken_first_is_named() -> None:
    seen = Seen(0.7)
    for label, text in (("first", f"y x {TEN}"), ("second", f"{TEN} z v")):
        assert seen.take(text, label) is None
    assert seen.take(f"y x {TEN} z v", "") == Earlier("first", False)  # 10 of 12 shingles in common with either


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.95])
def test_hardly_a_pair_at_the_threshold_is_overlooked(threshold: float) -> None:
    number, values = bands(threshold)
    assert number * values <= PERMUTATIONS
    assert (1 - threshold**values) ** number <= MISSED


@pytest.mark.parametrize("threshold", [0.4, 0.7])
def test_against_comparing_everything_with_everything(threshold: float) -> None:
    rng = random.Random(5)
    words = [f"w{n}" for n in range(300)]
    texts = []
    for _ in range(120):
        original = rng.choices(words, k=rng.randint(3, 40))
        for changes in range(4):
            copy = list(original)
            for place in rng.sample(range(len(copy)), min(changes, len(copy))):
                copy[place] = rng.choice(words)
            texts.append(" ".join(copy))
    kept: list[frozenset[str]] = []
    expected = []
    for text in texts:
        found = shingles(normalised(text))
        expected.append(all(jaccard(found, other) < threshold for other in kept))
        if expected[-1]:
            kept.append(found)
    seen = Seen(threshold)
    assert [seen.take(text, "") is None for text in texts] == expected
    assert 120 < sum(expected) < 480


def test_texts_of_one_pattern_are_told_apart_without_comparing_all(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []
    monkeypatch.setattr(duplicates, "jaccard", lambda a, b: compared.append(1) or jaccard(a, b))
    seen = Seen(0.7)
    texts = [f"Tell me about the {number} now." for number in range(500)]  # 2 of 6 shingles in common
    assert all(seen.take(text, "") is None for text in texts)
    assert len(compared) < 500 * 499 / 2 / 20


def test_no_two_starter_prompts_are_near_duplicates() -> None:
    texts = [p.text for split in ("training", "validation", "test") for p in starter_prompts(split)]  # type: ignore[arg-type]
    sets = [shingles(normalised(text)) for text in texts]
    assert max(jaccard(a, b) for a, b in combinations(sets, 2)) < 0.7
