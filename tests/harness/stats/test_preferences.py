"""A prompt's preference over its judgments."""

import pytest

from tpobench.harness.stats.preferences import flips, mean_preference


def test_the_preference_is_the_mean() -> None:
    assert mean_preference([0.8, 0.4]) == pytest.approx(0.6)


@pytest.mark.parametrize("judgments", [[], [None], [0.8, None]])
def test_there_is_none_unless_each_judgment_has_a_verdict(judgments: list[float | None]) -> None:
    assert mean_preference(judgments) is None


def test_a_preference_flips_where_it_changes_sides_and_a_tie_does_not() -> None:
    assert flips(0.9, 0.2)
    assert flips(0.2, 0.9)
    assert not flips(0.9, 0.6)
    assert not flips(0.5, 0.2)
