"""Win rates by group of prompts, checked by hand."""

import pytest

from tpobench.harness.stats.intervals import difference_interval, mean_interval
from tpobench.reports.sections.category_tables import Column, tabulate


def test_categories_pair_the_prompts_that_both_answered() -> None:
    groups = {f"p{n}": "even" if n % 2 == 0 else "odd" for n in range(80)}
    first = {f"p{n}": 1.0 if n % 2 == 0 else 0.5 for n in range(80)}
    second = {f"p{n}": 0.5 for n in range(70)}
    table = tabulate("c", "", [Column("a", "thought", first), Column("b", "direct", second)], groups, None, ("odd",))
    assert table is not None
    even, odd = table.rows
    assert (even.group, even.n, even.decidable, even.guarded) == ("even", 40, True, False)
    assert odd.guarded
    assert even.rates[0] == mean_interval([1.0] * 40)
    assert even.difference == difference_interval([0.5] * 35)
    assert odd.difference is not None
    assert odd.difference.mean == 0
    assert table.overall.difference is not None
    assert table.overall.difference.mean == pytest.approx(0.25)
    # sd 0.254 over 70 prompts: (1.96 + 0.84) * 0.254 / sqrt(70)
    assert table.overall.detectable == pytest.approx(2.8016 * 0.25182 / 70**0.5, rel=1e-3)
    assert even.detectable == pytest.approx(2.8016 * 0.25182 / 35**0.5, rel=1e-3), "with the spread of all prompts"
    assert table.few == 0


def test_one_group_is_no_table_by_category() -> None:
    assert tabulate("c", "", [Column("a", "thought", {"p": 1.0})], {"p": "only"}) is None
