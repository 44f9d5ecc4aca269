"""The p-value of a mean over few distinct values is that of the formula over arrays."""

import numpy as np
import pytest

from tpobench.harness.stats.few_values import p_value_of_few
from tpobench.harness.stats.intervals import mean_p_value


@pytest.mark.parametrize("seed", range(40))
def test_it_is_that_of_the_arrays(seed: int) -> None:
    generator = np.random.default_rng(seed)
    size = int(generator.integers(1, 20))
    values = generator.choice([0.0, 0.25, 0.5, 1.0, *generator.random(4)], size)
    weights, counts = generator.integers(1, 4, size).astype(float), generator.integers(1, 300, size)
    for floor in (1e-6, 0.1, 0.5, float(np.average(values, weights=weights * counts)), 0.9):
        expected = float(mean_p_value(values, floor, weights, counts))
        terms = weights / weights.max() * (values - floor)
        assert p_value_of_few([*terms.tolist(), -floor], [*counts.tolist(), 1.0]) == pytest.approx(
            expected, rel=1e-8, abs=1e-300
        )
