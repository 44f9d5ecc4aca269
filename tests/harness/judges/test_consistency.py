"""How a judge contradicts itself, counted."""

import pytest

from tpobench.harness.judges.consistency import summarise


def test_what_a_judge_check_counts() -> None:
    found = summarise("j", [0.9, 0.8, 0.2, 0.4, 0.7, 0.7, None, 0.9], repeats=2)
    assert (found.prompts, found.calls, found.missing) == (2, 8, 1 / 8)
    assert found.flip_rate is not None
    assert found.flip_rate.mean == 0.5
    assert found.first_preferred is not None
    assert found.first_preferred.mean == pytest.approx(((0.85 + 0.7) / 2 + (0.7 + 0.1) / 2) / 2)
    assert found.repeat_variance == pytest.approx((0.005 + 0.02 + 0.0) / 3)
    assert found.repeat_flips == 0.0
