"""What a number of prompts can tell."""

import pytest

from tpobench.harness.stats.power import TWO_SIDED_Z, detectable, final_critical, prompts_needed


def test_a_distance_that_cannot_be_is_not_promised() -> None:
    assert detectable(0.36, 2, TWO_SIDED_Z) == 0.5
    assert detectable(0.36, 0, TWO_SIDED_Z) == 0.5
    assert detectable(0.5, 1, TWO_SIDED_Z, most=1.0) == 1.0


def test_four_times_the_prompts_detect_half_the_distance() -> None:
    assert detectable(0.36, 100, TWO_SIDED_Z) == pytest.approx(0.36 * 2.801585 / 10)
    assert detectable(0.36, 400, TWO_SIDED_Z) == pytest.approx(detectable(0.36, 100, TWO_SIDED_Z) / 2)


def test_the_prompts_needed_detect_the_margin() -> None:
    needed = prompts_needed(0.36, 0.05, 0.05)
    assert needed is not None
    assert detectable(0.36, needed, final_critical("fixed", 0.05)) == pytest.approx(0.05, rel=0.01)


def test_no_number_of_prompts_shows_that_there_is_no_difference_at_all() -> None:
    assert prompts_needed(0.36, 0.05, 0.0) is None
