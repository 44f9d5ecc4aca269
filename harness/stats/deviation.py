"""How far one prompt's preference is from the win rate, where nothing comparable was measured: for plans."""

from dataclasses import replace
from functools import cache

from tpobench.harness.stats.simulation import Orders, World

SIGMA = 0.36
"""Standard deviation of one prompt's preference over two orders, as simulated from public annotations."""


@cache
def assumed_deviation(orders: Orders) -> float:
    """The deviation in a world of even models that has `SIGMA` in both orders: one order alone says less of a prompt,
    so that its deviation is larger."""
    return replace(World(win_rate=0.5, orders="both").with_sd(SIGMA), orders=orders).sd
