"""The style of an answer, and how two differ."""

import pytest

from tpobench.benchmarks.arena_hard.style import Style, style_difference


def test_style_difference_by_hand() -> None:
    length, header, listed, bold = style_difference(Style(299, 3, 6, 0), Style(99, 0, 1, 2))
    assert length == pytest.approx(200 / 398)
    assert header == pytest.approx(0.01 / 1.01)
    assert listed == pytest.approx((0.02 - 0.01) / 1.03)
    assert bold == pytest.approx(-0.02 / 1.02)
    assert style_difference(Style(0, 0, 0, 0), Style(0, 0, 0, 0)) == (0, 0, 0, 0)
