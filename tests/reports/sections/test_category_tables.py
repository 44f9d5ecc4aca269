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


def test_small_groups_are_one_row_and_the_largest_difference_comes_first() -> None:
    sizes = {"big": 30, "bigger": 40, "tiny": 3, "small": 29}
    groups = {f"{group}{n}": group for group, size in sizes.items() for n in range(size)}
    first = {prompt: {"big": 0.9, "bigger": 0.2}.get(group, 0.5) for prompt, group in groups.items()}
    second = dict.fromkeys(groups, 0.5)
    table = tabulate("c", "", [Column("a", "thought", first), Column("b", "direct", second)], groups)
    assert table is not None
    assert [(row.group, row.n) for row in table.rows] == [
        ("big", 30),
        ("bigger", 40),
        ("2 with under 30 prompts each", 32),
    ]
    assert [(row.group, row.n) for row in table.small] == [("small", 29), ("tiny", 3)]
    assert table.few == 2
    mean = table.rows[2].difference
    assert mean is not None
    assert mean.mean == 0


def test_where_no_group_is_large_enough_none_is_compared() -> None:
    groups = {f"p{n}": f"group {n % 20}" for n in range(260)}
    table = tabulate("c", "", [Column("a", "thought", dict.fromkeys(groups, 1.0))], groups)
    assert table is not None
    assert (table.rows, len(table.small)) == ((), 20)
