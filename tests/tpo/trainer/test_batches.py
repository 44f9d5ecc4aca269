"""The order of rows in an epoch."""

import random

from tpobench.tpo.trainer.batches import LengthGrouped, grouped_order


def padding(lengths: list[int], order: list[int], group: int) -> int:
    batches = [[lengths[row] for row in order[start : start + group]] for start in range(0, len(order), group)]
    return sum(max(batch) * len(batch) - sum(batch) for batch in batches)


def test_an_epoch_is_a_permutation_with_little_padding() -> None:
    draw = random.Random(0)
    lengths = [draw.randint(20, 400) for _ in range(203)]
    order = grouped_order(lengths, 8, seed=0, epoch=0)
    assert sorted(order) == list(range(203))
    assert padding(lengths, order, 8) < 0.25 * padding(lengths, list(range(203)), 8)
    assert 400 - lengths[order[0]] < 40 or max(lengths) in [lengths[row] for row in order[:8]]
    # only the last batch is incomplete: every batch of eight but that one holds similar lengths
    assert all(max(batch) < 1.5 * min(batch) for batch in _batches(lengths, order[:200], 8) if min(batch) > 40)


def _batches(lengths: list[int], order: list[int], group: int) -> list[list[int]]:
    return [[lengths[row] for row in order[start : start + group]] for start in range(0, len(order), group)]


def test_the_longest_row_is_in_the_first_batch() -> None:
    lengths = [10, 90, 30, 20, 80, 70, 60, 500, 40, 50]
    for epoch in range(20):
        assert 7 in grouped_order(lengths, 2, seed=3, epoch=epoch)[:2]


def test_epochs_differ_and_repeat_exactly() -> None:
    lengths = list(range(100, 140))
    sampler, again = (LengthGrouped(lengths, 4, seed=1) for _ in range(2))
    first = list(sampler)
    sampler.set_epoch(1)
    again.set_epoch(1)
    assert list(sampler) == list(again) != first
    assert len(sampler) == 40


def test_fewer_rows_than_a_batch_are_one_batch() -> None:
    assert sorted(grouped_order([5, 6, 7], 8, seed=0, epoch=0)) == [0, 1, 2]
