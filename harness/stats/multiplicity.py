"""Many tests, one error budget: Holm's procedure within a gate, alpha spending across gates."""

import math
from collections.abc import Mapping
from typing import TypeVar

Name = TypeVar("Name")


def holm(p_values: Mapping[Name, float]) -> dict[Name, float]:
    """Adjusted p-values (Holm, "A simple sequentially rejective multiple test procedure"): rejecting those at most
    alpha rejects any true hypothesis with probability at most alpha, however they depend on each other."""
    adjusted: dict[Name, float] = {}
    largest = 0.0
    ordered = sorted(p_values, key=lambda name: p_values[name])
    for rank, name in enumerate(ordered):
        largest = max(largest, min(1.0, (len(ordered) - rank) * p_values[name]))
        adjusted[name] = largest
    return {name: adjusted[name] for name in p_values}


def share_of_attempt(number: int) -> float:
    """The share of alpha that the gate of this number (from 1) may spend: 6 / (pi k)^2. All shares sum to 1, so that
    any number of gates together promote noise with probability at most alpha."""
    if number < 1:
        raise ValueError("gates are counted from 1")
    return 6 / (math.pi * number) ** 2
