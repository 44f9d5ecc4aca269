"""AlpacaEval's own figures of two models: the paired difference of their length-controlled win rates."""

from pathlib import Path

import numpy as np
import pytest

from tests.benchmarks.alpaca_eval.small import SMALL
from tpobench.benchmarks.alpaca_eval.data import AlpacaData
from tpobench.benchmarks.alpaca_eval.figures import difference
from tpobench.benchmarks.alpaca_eval.length_control import ModelPrompts, refit_difference, refit_interval
from tpobench.benchmarks.alpaca_eval.length_fit import Floats, GamedRows
from tpobench.benchmarks.alpaca_eval.official import GamedData
from tpobench.harness.evaluation.preferences import PromptJudgments, Verdict

N = 150


def sigmoid(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits))


def gamed_rows() -> GamedRows:
    random = np.random.default_rng(7)
    difficulty = np.tile(random.normal(0, 1.5, 100), 2)
    lengths = np.concatenate([random.normal(1.5, 1, 100), random.normal(-1, 1, 100)])
    return GamedRows(sigmoid(-1.8 * np.tanh(lengths) + 0.9 * difficulty), lengths, difficulty)


GAMED = gamed_rows()


def model(chance: float, longer: float, seed: int, n: int = N) -> ModelPrompts:
    """Wins with this chance at equal length, with `longer` characters more than the baseline on average."""
    shared, own = np.random.default_rng(0), np.random.default_rng(seed)
    difficulty, luck = shared.normal(0, 1.5, n), shared.random(n)
    gap = own.normal(-longer, 500, n)
    mixed = np.where(own.random(n) < 0.8, luck, own.random(n))  # the prompt decides, mostly
    won = mixed < sigmoid(np.log(chance / (1 - chance)) - 1.8 * np.tanh(gap / 700))
    return ModelPrompts(won.astype(float), gap, difficulty)


def test_a_model_that_is_only_longer_is_no_better() -> None:
    short, long = model(0.5, longer=0, seed=1), model(0.5, longer=700, seed=2)
    assert np.mean(long.preference) - np.mean(short.preference) > 0.15
    found = refit_difference(long, short, GAMED, repeats=400)
    assert found.low < 0 < found.high
    assert abs(found.a - found.b) < 12


def test_a_better_model_is_seen() -> None:
    found = refit_difference(model(0.8, 0, seed=1), model(0.4, 0, seed=2), GAMED, repeats=400)
    assert found.low > 15


def test_pairing_takes_out_what_the_prompts_share() -> None:
    a, b = model(0.6, 0, seed=1), model(0.5, 0, seed=2)
    paired = refit_difference(a, b, GAMED, repeats=400)
    errors = [refit_interval(*side, GAMED, repeats=400).standard_error for side in (a, b)]
    assert paired.high - paired.low < 0.8 * 2 * 1.96 * float(np.hypot(*errors))


def test_a_model_and_itself_differ_by_nothing_with_a_width() -> None:
    same = model(0.5, 0, seed=1)
    found = refit_difference(same, same, GAMED, repeats=400)
    assert found.a == found.b
    assert found.low < 0 < found.high
    assert found.high - found.low < 8


@pytest.mark.parametrize("values", [(1.0, 1.0), (0.0, 0.0)])
def test_two_models_that_win_all_have_a_width(values: tuple[float, float]) -> None:
    a, b = (model(0.5, 0, seed=seed, n=40)._replace(preference=np.full(40, value)) for seed, value in enumerate(values))
    found = refit_difference(a, b, GAMED, repeats=400)
    assert found.high - found.low > 4


def test_other_prompts_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="same prompts"):
        refit_difference(model(0.5, 0, seed=1), model(0.5, 0, seed=1, n=20), GAMED)


def test_a_benchmark_declares_it_in_shares() -> None:
    gamed = GamedData(GAMED, np.tile([-1.0, 0.0, 1.0, 2.0], 10), Path("gamed.csv"), is_surrogate=False)
    declared = difference(AlpacaData(SMALL.rows, SMALL.baseline, gamed))
    assert declared is not None
    luck = np.random.default_rng(5).random(40)
    sides = [
        [
            PromptJudgments(
                prompt=prompt,
                verdicts=(Verdict("BA", "m", None if n == 3 else float(luck[n] < won)),),
                candidate_chars=100 + 7 * (n % 9),
                baseline_chars=120,
            )
            for n, prompt in enumerate(SMALL.prompts)
        ]
        for won in (0.8, 0.2)
    ]
    (found,) = declared(*sides)
    assert found.name == "lc_win_rate"
    assert found.n == 39
    assert found.difference == pytest.approx(found.a - found.b)
    assert 0 < found.low < found.difference < found.high < 1


def test_without_the_reference_rows_there_is_none() -> None:
    assert difference(SMALL) is None


def test_a_penalty_that_holds_every_weight_at_zero_leaves_a_width() -> None:
    """A pattern that repeats with the folds of the cross-validation selects the smallest C."""
    a, b = (
        ModelPrompts([float(n % 5 < won) for n in range(40)], [7.0 * (n % 9) - 20 for n in range(40)], np.zeros(40))
        for won in (4, 1)
    )
    found = refit_difference(a, b, GAMED, repeats=400)
    assert found.high - found.low > 30
