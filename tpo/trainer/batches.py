"""The order of the rows in an epoch: batches of similar length, so that little of them is padding."""

import random
from collections.abc import Iterator, Sequence

_JITTER = 0.1
"""Lengths are blurred by this share, so that the epochs do not all have the same batches."""


def grouped_order(lengths: Sequence[int], group: int, seed: int, epoch: int) -> list[int]:
    """A permutation of ``range(len(lengths))`` in which every `group` consecutive rows have similar lengths.

    Depends on its arguments only, not on the state of a generator, so that every process and every resumed run has
    the same order. The batch with the longest row comes first (memory runs out at once or not at all), an incomplete
    one last, the others in random order.
    """
    draw = random.Random(f"{seed}/{epoch}")
    blurred = [length * draw.uniform(1 - _JITTER, 1 + _JITTER) for length in lengths]
    order = sorted(range(len(lengths)), key=lambda row: blurred[row], reverse=True)
    batches = [order[start : start + group] for start in range(0, len(order), group)]
    last = [batches.pop()] if len(order) % group else []
    draw.shuffle(batches)
    batches.sort(key=lambda batch: max(lengths[row] for row in batch) < max(lengths))
    return [row for batch in batches + last for row in batch]


class LengthGrouped:
    """`grouped_order` as a sampler of torch's; the trainer tells it the epoch."""

    def __init__(self, lengths: Sequence[int], group: int, seed: int) -> None:
        self._lengths = lengths
        self._group = group
        self._seed = seed
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(grouped_order(self._lengths, self._group, self._seed, self._epoch))
