"""The batch plan."""

from hypothesis import given
from hypothesis import strategies as st

from harness.samplers.batching import plan_batches


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
