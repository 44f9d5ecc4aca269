"""Verdict labels as votes."""

import pytest
from hypothesis import given, settings

from tests.benchmarks.arena_hard.published import MIRROR, labels
from tpobench.benchmarks.arena_hard.labels import vote


@given(labels)
@settings(max_examples=50, deadline=None)
def test_swapped_sides_change_nothing(drawn: list[tuple[str, str]]) -> None:
    for first, second in drawn:
        assert vote(first, False) == vote(MIRROR[first], True)
        assert vote(second, True) == vote(MIRROR[second], False)


@pytest.mark.parametrize("label", ["", "none", "A", "A>>>B", "AB", "C>A", "A==B", "[[A>B]]"])
def test_an_unknown_label_is_missing(label: str) -> None:
    assert vote(label, True) is None
