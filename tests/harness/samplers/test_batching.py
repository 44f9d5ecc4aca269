"""The batch plan."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tpobench.harness.samplers.batching import gpu_limits, plan_batches


@given(st.lists(st.integers(1, 400), max_size=60), st.integers(1, 100), st.integers(50, 2000), st.integers(1, 16))
def test_every_request_is_in_one_batch_within_the_bounds(lengths: list[int], new: int, budget: int, rows: int) -> None:
    plan = plan_batches(lengths, new, budget, rows)
    assert sorted(index for batch in plan for index in batch) == list(range(len(lengths)))
    for batch in plan:
        assert len(batch) <= rows
        longest = max(lengths[index] for index in batch)
        assert len(batch) == 1 or len(batch) * (longest + new) <= budget
    order = [lengths[index] for batch in plan for index in batch]
    assert order == sorted(lengths, reverse=True)


@given(st.lists(st.integers(1, 400), max_size=40), st.randoms(use_true_random=False))
def test_the_plan_depends_on_the_requests_and_not_on_their_order(lengths: list[int], random: Random) -> None:
    shuffled = list(lengths)
    random.shuffle(shuffled)

    def shape(asked: list[int]) -> list[list[int]]:
        return [[asked[index] for index in batch] for batch in plan_batches(asked, 20, 900, 6)]

    assert plan_batches(lengths, 20, 900, 6) == plan_batches(list(lengths), 20, 900, 6)
    assert shape(lengths) == shape(shuffled)


@pytest.mark.parametrize(
    ("budget", "rows", "sizes"), [(400, 99, [4, 4, 2]), (399, 99, [3, 3, 3, 1]), (400, 2, [2] * 5)]
)
def test_batches_are_filled_up_to_the_budget_and_the_row_limit(budget: int, rows: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in plan_batches([60] * 10, 40, budget, rows)] == sizes


def test_a_request_over_the_budget_goes_alone_and_takes_nobody_with_it() -> None:
    assert plan_batches([10, 5000, 10], 10, 100, 8) == [[1], [0, 2]]


def test_long_prompts_are_only_beside_their_like_and_short_ones_beside_any() -> None:
    assert plan_batches([9, 3, 9, 7, 2, 9], 10, 1000, 8, equal_from=7) == [[0, 2, 5], [3], [1, 4]]
    assert plan_batches([3, 2, 3], 10, 1000, 8, equal_from=0) == [[0, 2], [1]]


def test_nothing_asked_is_nothing_planned() -> None:
    assert plan_batches([], 10, 100, 8) == []


def test_half_of_the_free_memory_is_for_the_cache() -> None:
    # Llama 3 8B in bfloat16: keys and values, 32 layers, 8 heads of 128 numbers, 2 bytes each: 128 KiB a token
    assert gpu_limits(62 * 2**30, 2 * 32 * 8 * 128 * 2) == (31 * 2**30 // 131_072, 256) == (253_952, 256)
    assert gpu_limits(0, 131_072)[0] == 1
