"""Groups pulled towards what they share."""

import pytest

from tpobench.harness.stats.shrinkage import shrink


def test_shrinking_pulls_groups_towards_what_they_share() -> None:
    # variance of (0, 1) is 0.5, SE^2 is 0.25: tau^2 = 0.25 and every weight one half
    assert shrink([0.0, 1.0], [0.5, 0.5], 0.6) == pytest.approx([0.3, 0.8])
    assert shrink([0.4, 0.6], [0.5, 0.5], 0.5) == [0.5, 0.5], "differences that chance explains vanish"
    assert shrink([0.9], [0.1], 0.5) == [0.5]
