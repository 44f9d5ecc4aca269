"""Intervals of scores on any scale."""

import pytest
from scipy.stats import ttest_1samp

from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.stats.scores import score_interval, t_interval


def test_shares_have_the_interval_of_win_rates() -> None:
    assert score_interval([0.0, 0.25, 1.0]) == mean_interval([0.0, 0.25, 1.0])


def test_other_scores_have_students_interval() -> None:
    values = [3.0, 7.0, 11.0, 4.0, -2.0]
    interval = score_interval(values)
    assert interval is not None
    expected = ttest_1samp(values, 0).confidence_interval(0.95)
    assert (interval.mean, interval.low, interval.high) == pytest.approx((4.6, expected.low, expected.high))


def test_a_single_number_has_no_interval() -> None:
    assert score_interval([7.0]) is None


def test_clusters_count_by_their_size() -> None:
    weighted = t_interval([1.0, 5.0, 3.0], [2.0, 1.0, 1.0])
    assert weighted is not None
    assert weighted.mean == pytest.approx(2.5)
    equal = t_interval([1.0, 5.0, 3.0], [4.0, 4.0, 4.0])
    assert equal == t_interval([1.0, 5.0, 3.0])
