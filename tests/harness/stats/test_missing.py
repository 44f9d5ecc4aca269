"""What missing verdicts leave open."""

import pytest

from tpobench.harness.stats.missing import missing_in_difference, missing_verdicts


def test_the_bounds_are_all_missing_prompts_lost_and_won() -> None:
    # 30 of 100 won, and the judge refuses the 70 that were lost.
    found = missing_verdicts([1.0] * 30 + [None] * 70)
    assert (found.missing, found.of, found.share) == (70, 100, 0.7)
    assert (found.low, found.high) == (0.3, 1.0)
    assert found.is_invalid


@pytest.mark.parametrize(("missing", "invalid"), [(0, False), (2, False), (3, True)])
def test_more_than_two_in_a_hundred_are_too_many(missing: int, invalid: bool) -> None:
    assert missing_verdicts([0.5] * (100 - missing) + [None] * missing).is_invalid is invalid


def test_without_a_prompt_nothing_is_known() -> None:
    nothing = missing_verdicts([])
    assert (nothing.low, nothing.high, nothing.is_invalid) == (0.0, 1.0, True)


def test_a_difference_is_bounded_from_both_sides() -> None:
    # One of four pairs lacks A's verdict, one lacks B's, one both.
    found = missing_in_difference([(1.0, 0.5), (None, 1.0), (0.0, None), (None, None)])
    assert (found.missing, found.of) == (3, 4)
    assert found.low == pytest.approx((0.5 - 1 - 1 - 1) / 4)
    assert found.high == pytest.approx((0.5 + 0 + 0 + 1) / 4)
