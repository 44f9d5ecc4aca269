"""A figure of one model minus that of another, on figures worked out by hand."""

import pytest

from tpobench.harness.evaluation.differences import ComparedValues, Values, paired_differences, unpaired_difference
from tpobench.harness.records import Metric


def compared(a: Values, b: Values) -> ComparedValues:
    return ComparedValues(benchmark="bench", measure="win rate", figure="win_rate", evaluations=("a", "b"), a=a, b=b)


def values(*preferences: float | None, category: str | None = None) -> Values:
    return {str(number): (category, preference) for number, preference in enumerate(preferences)}


def test_a_judge_that_refuses_where_the_candidate_loses_makes_it_no_better() -> None:
    # A wins 30 of 100 and the judge says nothing of the 70 that it loses; B ties on all of them.
    (found,) = paired_differences(compared(values(*[1.0] * 30, *[None] * 70), values(*[0.5] * 100)))
    assert (found.difference, found.n, found.missing.missing, found.missing.of) == (0.5, 30, 70, 100)
    assert found.missing.low == pytest.approx(-0.2), "A lost them all"
    assert found.missing.high == pytest.approx(0.5), "A won them all"
    assert found.is_invalid
    told = found.as_json()
    assert told["invalid"] is True
    assert {told[name] for name in ("a", "b", "difference", "low", "high")} == {None}


def test_a_few_missing_verdicts_leave_the_difference_with_its_limits() -> None:
    (found,) = paired_differences(compared(values(*[1.0] * 99, None), values(*[0.5] * 100)))
    assert not found.is_invalid
    assert (found.missing.low, found.missing.high) == pytest.approx((0.49, 0.5))
    assert found.as_json()["difference"] == 0.5


def test_a_category_is_invalid_on_its_own() -> None:
    a = {f"x{n}": ("x", None if n < 5 else 1.0) for n in range(50)} | {f"y{n}": ("y", 1.0) for n in range(450)}
    b = {item: (category, 0.5) for item, (category, _) in a.items()}
    overall, x, y = paired_differences(compared(a, b))
    assert [row.is_invalid for row in (overall, x, y)] == [False, True, False]


def test_prompts_of_one_category_that_go_together_are_one_observation() -> None:
    # Of 20 categories of 20 prompts, twelve are won as a whole and eight are lost.
    a = {f"{c}-{n}": (f"c{c}", float(c < 12)) for c in range(20) for n in range(20)}
    b = {item: (category, 0.5) for item, (category, _) in a.items()}
    alone = next(paired_differences(compared(a, b)))
    together = next(paired_differences(compared(a, b), by_clusters=True))
    assert alone.difference == together.difference == pytest.approx(0.1)
    assert alone.low > 0, "as if 400 prompts had been asked"
    assert together.low < 0
    assert (alone.clusters, together.clusters, together.n) == (None, 20, 400)


def test_separate_figures_are_compared_by_their_intervals() -> None:
    sides = (Metric(name="lc", value=value, n=100, low=value - 0.03, high=value + 0.03) for value in (0.6, 0.5))
    found = unpaired_difference(compared(values(*[1.0] * 100), values(*[0.5] * 100)), *sides)
    assert found is not None
    assert found.difference == pytest.approx(0.1)
    assert (found.low, found.high) == pytest.approx((0.1 - 0.03 * 2**0.5, 0.1 + 0.03 * 2**0.5))
    assert not found.is_paired


def test_separate_figures_of_other_prompts_are_not_compared() -> None:
    sides = [Metric(name="lc", value=0.6, n=10, low=0.5, high=0.7)] * 2
    assert unpaired_difference(compared(values(*[1.0] * 10), values(*[1.0] * 9)), *sides) is None
