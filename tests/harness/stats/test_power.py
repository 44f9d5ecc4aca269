"""What a number of prompts can tell."""

import numpy as np
import pytest

from tpobench.harness.stats.intervals import mean_p_value
from tpobench.harness.stats.power import TWO_SIDED_Z, detectable, final_critical, guard_size, prompts_to_see, seen_drop


def test_a_distance_that_cannot_be_is_not_promised() -> None:
    assert detectable(0.36, 2, TWO_SIDED_Z) == 0.5
    assert detectable(0.36, 0, TWO_SIDED_Z) == 0.5
    assert detectable(0.5, 1, TWO_SIDED_Z, most=1.0) == 1.0


def test_four_times_the_prompts_detect_half_the_distance() -> None:
    assert detectable(0.36, 100, TWO_SIDED_Z) == pytest.approx(0.36 * 2.801585 / 10)
    assert detectable(0.36, 400, TWO_SIDED_Z) == pytest.approx(detectable(0.36, 100, TWO_SIDED_Z) / 2)


def test_the_prompts_needed_detect_the_margin() -> None:
    needed = prompts_to_see(0.05, 0.36, final_critical("fixed", 0.05))
    assert detectable(0.36, needed, final_critical("fixed", 0.05)) == pytest.approx(0.05, rel=0.01)


@pytest.mark.parametrize("floor", [0.2, 0.45, 0.7])
def test_a_guard_of_the_stated_size_sees_the_drop_with_the_stated_power(floor: float) -> None:
    rng, alpha = np.random.default_rng(0), 0.01
    size = guard_size(floor, 0.15, alpha, 0.8)
    lost = (rng.random((2000, size)) < floor - 0.15).astype(float)
    assert float((mean_p_value(1 - lost, 1 - floor) <= alpha).mean()) > 0.77
    assert seen_drop(floor, size, alpha, 0.8) == pytest.approx(0.15, abs=0.01)


def test_a_guard_of_a_few_prompts_sees_no_drop_at_all() -> None:
    assert seen_drop(0.1, 5, 0.01, 0.8) is None
