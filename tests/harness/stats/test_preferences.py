"""A prompt's preference over its judgments."""

import pytest

from tpobench.harness.stats.preferences import mean_preference


def test_the_preference_is_the_mean() -> None:
    assert mean_preference([0.8, 0.4]) == pytest.approx(0.6)


@pytest.mark.parametrize("judgments", [[], [None], [0.8, None]])
def test_there_is_none_unless_each_judgment_has_a_verdict(judgments: list[float | None]) -> None:
    assert mean_preference(judgments) is None
