"""Length control by definition: the optimum, upstream's own figures on real annotations, coverage, bad input."""

import csv
import math
import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.data import DATA as REAL_DATA
from tests.data import real_data
from tpobench.benchmarks.alpaca_eval.length_control import length_controlled_win_rate, refit_interval
from tpobench.benchmarks.alpaca_eval.length_fit import GAMED_WEIGHT, Floats, GamedRows
from tpobench.benchmarks.alpaca_eval.official import (
    HUB_FILE,
    SURROGATE_FILE,
    GamedData,
    official_length_control,
    read_gamed,
)
from tpobench.harness.errors import UserError

DATA = REAL_DATA / "alpaca_eval"
BASELINE = "gpt4_1106_preview"
SHORT_MODELS = ("alpaca-7b_concise", "gpt35_turbo_instruct", "minotaur-13b")

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")


def sigmoid(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits))


@cache
def reference() -> GamedData:
    return read_gamed(DATA)


@cache
def models() -> dict[str, tuple[Floats, Floats, np.ndarray]]:
    """Preference, length difference and position for each model."""
    import pandas as pd

    table = pd.read_parquet(DATA / "annotations.parquet").sort_values("row", kind="stable")
    return {
        str(name): (
            rows["preference"].to_numpy() - 1,
            (rows["baseline_length"] - rows["output_length"]).to_numpy().astype(float),
            rows["row"].to_numpy().astype(np.int64),
        )
        for name, rows in table.groupby("model")
    }


def engine_arguments(name: str) -> tuple[Floats, Floats, Floats, GamedRows]:
    preference, difference, positions = models()[name]
    return preference, difference, reference().difficulty_of(positions), reference().rows


def simulated_gamed(rng: np.random.Generator, prompts: int = 200) -> GamedRows:
    """A concise and a verbose baseline whose preferences follow the GLM with weights -1.8, 0.9 and no constant."""
    difficulty = np.tile(rng.normal(0, 1.5, prompts), 2)
    lengths = np.concatenate([rng.normal(1.5, 1, prompts), rng.normal(-1, 1, prompts)])
    return GamedRows(sigmoid(-1.8 * np.tanh(lengths) + 0.9 * difficulty), lengths, difficulty)


def some_model(n: int = 120, seed: int = 0) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    return rng.random(n), rng.normal(200, 700, n).round(), rng.normal(0, 1.5, n)


GAMED = simulated_gamed(np.random.default_rng(7))


# --- against the official package ---


@real_data
@pytest.mark.parametrize("part", range(4))
def test_the_official_package_agrees_on_every_model_once_its_solver_converges(part: int) -> None:
    """Default tolerance stops liblinear early: see the next test. Everything else is the official code."""
    for name in list(models())[part::4]:
        preference, difference, positions = models()[name]
        official = official_length_control(
            preference, difference, positions, reference(), is_baseline=name == BASELINE, tolerance=1e-7
        )
        ours = length_controlled_win_rate(*engine_arguments(name))
        assert ours.win_rate == pytest.approx(official.length_controlled_winrate, abs=0.01), name
        assert ours.standard_error_of_fit == pytest.approx(official.lc_standard_error, abs=0.01), name
        assert 100 * preference.mean() == pytest.approx(official.win_rate, abs=1e-9), name
        error = 100 * preference.std(ddof=1) / preference.size**0.5
        assert error == pytest.approx(official.standard_error, abs=1e-9), name
        assert official.n_total == preference.size, name


@real_data
@pytest.mark.parametrize("name", [*SHORT_MODELS, "alpaca-7b", "FuseChat-Llama-3.1-8B-Instruct", "claude-instant-1.2"])
def test_the_official_figure_at_its_own_tolerance(name: str) -> None:
    """claude-instant-1.2 is the worst of the 44: there the early stop decides which C wins the cross-validation."""
    preference, difference, positions = models()[name]
    official = official_length_control(preference, difference, positions, reference())
    ours = length_controlled_win_rate(*engine_arguments(name))
    bound = 0.06 if name == "claude-instant-1.2" else 0.01
    assert ours.win_rate == pytest.approx(official.length_controlled_winrate, abs=bound)


@real_data
def test_published_figures() -> None:
    with (DATA / "leaderboard.csv").open(encoding="utf-8", newline="") as lines:
        published = {row[""]: row for row in csv.DictReader(lines)}
    compared = [name for name in models() if name in published]
    assert len(compared) >= 40
    for name in compared:
        ours = length_controlled_win_rate(*engine_arguments(name))
        assert ours.win_rate == pytest.approx(float(published[name]["length_controlled_winrate"]), abs=0.16), name


@real_data
def test_the_objective_is_never_above_that_of_liblinear() -> None:
    from sklearn.linear_model import LogisticRegression

    gamed = reference().rows
    for name in set(models()) - {BASELINE}:
        preference, difference, difficulty, _ = engine_arguments(name)
        ours = length_controlled_win_rate(preference, difference, difficulty, gamed)
        rows = np.concatenate(
            [
                np.column_stack([np.tanh(gamed.std_delta_len), gamed.difficulty, np.zeros(gamed.difficulty.size)]),
                np.column_stack([np.tanh(difference / difference.std(ddof=1)), difficulty, np.ones(difficulty.size)]),
            ]
        )
        y = np.concatenate([gamed.preference, preference])
        weight = np.concatenate([np.full(gamed.preference.size, GAMED_WEIGHT), np.ones(preference.size)])
        theirs = LogisticRegression(
            C=ours.C, l1_ratio=1, solver="liblinear", random_state=123, fit_intercept=False
        ).fit(
            np.concatenate([rows, rows]),
            np.concatenate([np.ones(y.size), np.zeros(y.size)]),
            sample_weight=np.concatenate([weight * y, weight * (1 - y)]),
        )
        logits = rows @ theirs.coef_[0]
        loss = (weight * (np.logaddexp(0, logits) - y * logits)).sum()
        assert ours.objective <= np.abs(theirs.coef_).sum() + ours.C * loss + 1e-8, name


@real_data
def test_the_official_run_leaves_nothing_behind() -> None:
    import sklearn
    from alpaca_eval.metrics import glm_winrate

    weights = Path(glm_winrate.__file__).parent / "weights"
    before = {file: file.stat().st_mtime_ns for file in weights.rglob("*")}
    reader, configured = glm_winrate.hf_hub_download, sklearn.get_config()
    official_length_control(*models()["claude"], reference())
    assert {file: file.stat().st_mtime_ns for file in weights.rglob("*")} == before
    assert glm_winrate.hf_hub_download is reader
    assert sklearn.get_config() == configured


@real_data
def test_a_missing_verdict_counts_as_it_does_upstream() -> None:
    preference, difference, positions = models()["claude"]
    preference = preference.copy()
    preference[::7] = np.nan
    official = official_length_control(preference, difference, positions, reference(), tolerance=1e-7)
    ours = length_controlled_win_rate(preference, difference, reference().difficulty_of(positions), reference().rows)
    assert ours.win_rate == pytest.approx(official.length_controlled_winrate, abs=0.001)


# --- the definition ---


def test_the_minimum_satisfies_the_conditions_of_optimality() -> None:
    preference, difference, difficulty = some_model()
    fit = length_controlled_win_rate(preference, difference, difficulty, GAMED)
    w = np.array([fit.weights.length, fit.weights.difficulty, fit.weights.constant])
    gamed_rows = np.column_stack([np.tanh(GAMED.std_delta_len), GAMED.difficulty, np.zeros(GAMED.difficulty.size)])
    own_rows = np.column_stack([np.tanh(difference / difference.std(ddof=1)), difficulty, np.ones(difficulty.size)])
    slope = fit.C * (
        GAMED_WEIGHT * gamed_rows.T @ (sigmoid(gamed_rows @ w) - GAMED.preference)
        + own_rows.T @ (sigmoid(own_rows @ w) - preference)
    )
    assert np.where(w == 0, np.maximum(np.abs(slope) - 1, 0), slope + np.sign(w)) == pytest.approx(0, abs=1e-5)
    assert fit.win_rate == pytest.approx(100 * sigmoid(w[1] * difficulty + w[2]).mean(), abs=1e-9)


def test_a_longer_loser_gains_from_length_control() -> None:
    difficulty = np.tile([-1.0, 0.0, 1.0, 0.0], 50)
    difference = np.tile([-900.0, -900.0, 900.0, 900.0], 50)
    shorter_loses = np.where(difference > 0, 0.2, 0.6)
    gain = length_controlled_win_rate(shorter_loses, difference + 600, difficulty, GAMED).win_rate
    assert gain > 100 * shorter_loses.mean()


def test_the_baseline_against_itself_is_fifty() -> None:
    zeros, half = np.zeros(20), np.full(20, 0.5)
    fit = length_controlled_win_rate(half, zeros, zeros, GAMED)
    assert (fit.win_rate, fit.standard_error_of_fit, fit.objective) == (50, 0, 0)
    interval = refit_interval(half, zeros, zeros, GAMED)
    assert (interval.low, interval.win_rate, interval.high) == (50, 50, 50)


@pytest.mark.parametrize("preference", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("n", [2, 5, 60])
def test_equal_preferences_still_have_an_interval(preference: float, n: int) -> None:
    _, difference, difficulty = some_model(n)
    given = np.full(n, preference)
    fit = length_controlled_win_rate(given, difference, difficulty, GAMED)
    interval = refit_interval(given, difference, difficulty, GAMED, repeats=200)
    assert 0 <= interval.low <= fit.win_rate <= interval.high <= 100
    assert interval.high - interval.low > 1


def test_answers_as_long_as_the_baseline() -> None:
    preference, _, difficulty = some_model(60)
    fit = length_controlled_win_rate(preference, np.zeros(60), difficulty, GAMED)
    assert fit.win_rate == pytest.approx(100 * preference.mean(), abs=2)


def test_integers_and_lists_are_welcome() -> None:
    preference, difference, difficulty = some_model(10)
    a = length_controlled_win_rate(preference.tolist(), difference.astype(np.int32), difficulty, GAMED)
    assert a == length_controlled_win_rate(preference, difference, difficulty, GAMED)


def test_refits_are_seeded_and_agree_with_single_fits() -> None:
    """A prompt that is drawn twice counts twice: refitting on the drawn rows gives the same width."""
    preference, difference, difficulty = some_model(100)
    once = refit_interval(preference, difference, difficulty, GAMED, repeats=300, seed=3)
    assert once == refit_interval(preference, difference, difficulty, GAMED, repeats=300, seed=3)
    assert once != refit_interval(preference, difference, difficulty, GAMED, repeats=300, seed=4)
    rng = np.random.default_rng(0)
    singles = []
    for _ in range(150):
        drawn = rng.integers(0, 100, 100)
        singles.append(
            length_controlled_win_rate(preference[drawn], difference[drawn], difficulty[drawn], GAMED).win_rate
        )
    assert once.standard_error == pytest.approx(float(np.std(singles, ddof=1)), rel=0.25)


def test_coverage_of_the_refit_interval() -> None:
    """The truth of a generating GLM; the official standard error, taken for one of the estimate, would miss it."""
    rng = np.random.default_rng(0)
    trials, n = 200, 150
    covered = naive = 0
    for trial in range(trials):
        difficulty, difference = rng.choice(GAMED.difficulty[:200], n), rng.normal(300, 700, n)
        chance = sigmoid(-1.8 * np.tanh(difference / difference.std(ddof=1)) + 0.9 * difficulty - 1)
        won = (rng.random(n) < chance).astype(float)
        truth = 100 * sigmoid(0.9 * GAMED.difficulty[:200] - 1).mean()
        interval = refit_interval(won, difference, difficulty, GAMED, repeats=150)
        covered += interval.low <= truth <= interval.high
        if trial % 4:
            continue
        fit = length_controlled_win_rate(won, difference, difficulty, GAMED)
        naive += abs(fit.win_rate - truth) <= 1.96 * fit.standard_error_of_fit
    assert covered / trials >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / trials)
    assert naive / (trials / 4) < 0.8


# --- bad input ---


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p, x, d: (p, x[:-1], d), "one length"),
        (lambda p, x, d: (p[:1], x[:1], d[:1]), "at least two"),
        (lambda p, x, d: (p * np.nan, x, d), "no prompt has a verdict"),
        (lambda p, x, d: (p + 1, x, d), r"\[0, 1\]"),
        (lambda p, x, d: (p, x * np.inf, d), "finite"),
        (lambda p, x, d: (p, x, d * np.nan), "finite"),
        (lambda p, x, d: (p, np.full(p.size, 7.0), d), "same length"),
    ],
)
def test_input_that_cannot_be_fitted(change: object, message: str) -> None:
    arguments = change(*some_model(10))  # type: ignore[operator]
    for function in (length_controlled_win_rate, refit_interval):
        with pytest.raises(ValueError, match=message):
            function(*arguments, GAMED)


def test_gamed_rows_that_cannot_be_used() -> None:
    for broken in (
        {"preference": GAMED.preference + 1},
        {"difficulty": GAMED.difficulty[:-1]},
        {"std_delta_len": GAMED.std_delta_len * np.inf},
    ):
        with pytest.raises(ValueError, match="gamed row"):
            replace(GAMED, **broken)


@pytest.mark.parametrize(("repeats", "confidence"), [(1, 0.95), (100, 0.0), (100, 1.0)])
def test_a_bootstrap_that_makes_no_sense(repeats: int, confidence: float) -> None:
    with pytest.raises(ValueError, match="bootstrap"):
        refit_interval(*some_model(10), GAMED, repeats=repeats, confidence=confidence)


# --- the reference file ---


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lines = ["model,preference,index,std_delta_len,instruction_difficulty,not_gamed_baseline"]
    lines += [f"{model},0.{index + 1},{index},{index - 1.5},{index / 2},False" for model in "cv" for index in range(4)]
    (tmp_path / SURROGATE_FILE).write_text("\n".join(lines) + "\n")
    return tmp_path


def test_a_surrogate_says_that_it_is_one(folder: Path) -> None:
    found = read_gamed(folder)
    assert found.is_surrogate
    assert found.difficulty.tolist() == [0, 0.5, 1, 1.5]
    assert found.rows.std_delta_len.tolist() == [-1.5, -0.5, 0.5, 1.5] * 2
    (folder / HUB_FILE).write_bytes((folder / SURROGATE_FILE).read_bytes())
    assert not read_gamed(folder).is_surrogate
    with pytest.raises(UserError, match="prompt 4 is not among the 4"):
        found.difficulty_of(np.array([0, 4]))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "one row for each instruction"),
        ("a,b\n1,2\n", "not the gamed table"),
        ("preference,index,std_delta_len,instruction_difficulty\n0.5,0,x,1\n", "not the gamed table"),
        ("preference,index,std_delta_len,instruction_difficulty\n0.5,0\n", "not the gamed table"),
        ("preference,index,std_delta_len,instruction_difficulty\n0.5,3,1,1\n", "one row for each instruction"),
        ("preference,index,std_delta_len,instruction_difficulty\n1.5,0,1,1\n", "not the gamed table"),
    ],
)
def test_a_file_that_is_not_the_gamed_table(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UserError, match=HUB_FILE):
        read_gamed(tmp_path)
    (tmp_path / HUB_FILE).write_text(text)
    with pytest.raises(UserError, match=message):
        read_gamed(tmp_path)


def test_the_hub_out_of_reach_is_one_sentence(tmp_path: Path) -> None:
    code = (
        "from tpobench.benchmarks.alpaca_eval.official import fetch_gamed\n"
        "from tpobench.harness.errors import UserError\n"
        "try: fetch_gamed()\nexcept UserError as error: print(error)"
    )
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        cwd=Path(__file__).parents[3],
    ).stdout
    assert "cannot be fetched from the hub" in shown
    assert shown.count("\n") == 1
