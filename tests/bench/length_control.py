"""Length control against the official package, side by side in one run: python tests/bench/length_control.py [folder].

The folder holds annotations.parquet, leaderboard.csv and df_gamed.csv or its surrogate; one core is enough.
"""

import csv
import statistics
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import pandas as pd
from alpaca_eval.metrics import glm_winrate
from scipy.optimize import brentq, minimize

from tests.data import DATA
from tpobench.benchmarks.alpaca_eval.length_control import length_controlled_win_rate, refit_interval
from tpobench.benchmarks.alpaca_eval.length_fit import GAMED_WEIGHT, Floats, GamedRows
from tpobench.benchmarks.alpaca_eval.official import GamedData, official_length_control, read_gamed

BASELINE = "gpt4_1106_preview"
REFITS = 1000
OFFICIAL_FITS = 20
SIMULATED_MODELS = 200
WIN_RATES = (0.02, 0.1, 0.5, 0.9, 0.98)
SIZES = (20, 100, 805)


def design(preference: Floats, difference: Floats, difficulty: Floats, gamed: GamedRows) -> pd.DataFrame:
    """Rows in the columns that upstream's fit expects, with `preference` in [0, 1]."""
    own = np.column_stack([np.tanh(difference / difference.std(ddof=1)), difficulty, np.ones(difficulty.size)])
    held = np.column_stack([np.tanh(gamed.std_delta_len), gamed.difficulty, np.zeros(gamed.difficulty.size)])
    frame = pd.DataFrame(np.concatenate([held, own]), columns=["length", "difficulty", "constant"])
    frame["preference"] = np.concatenate([gamed.preference, preference])
    return frame


def official_coefficients(frame: pd.DataFrame, prompts: int, c: float, tolerance: float = 1e-4) -> Floats:
    """Upstream's own fit without its cross-validation, at this C; shape (3,)."""
    weight = pd.Series(np.concatenate([np.full(len(frame) - prompts, GAMED_WEIGHT), np.ones(prompts)]))
    model = glm_winrate.fit_LogisticRegressionCV(
        frame, "preference", n_splits=0, C=c, sample_weight=weight, tol=tolerance
    )
    coefficients: Floats = model.coef_[0]
    return coefficients


def objective(frame: pd.DataFrame, prompts: int, c: float, w: Floats) -> float:
    weight = np.concatenate([np.full(len(frame) - prompts, GAMED_WEIGHT), np.ones(prompts)])
    logits = frame[["length", "difficulty", "constant"]].to_numpy() @ w
    loss = weight * (np.logaddexp(0, logits) - frame["preference"].to_numpy() * logits)
    return float(np.abs(w).sum() + c * loss.sum())


def sigmoid(logits: Floats) -> Floats:
    return 1 / (1 + np.exp(-logits))


def gamed_weights(gamed: GamedData) -> tuple[float, float]:
    """Weights of length and difficulty that the regularisation rows themselves have."""
    features = np.column_stack([np.tanh(gamed.rows.std_delta_len), gamed.rows.difficulty])

    def loss(w: Floats) -> float:
        logits = features @ w
        return float((np.logaddexp(0, logits) - gamed.rows.preference * logits).sum())

    length, difficulty = minimize(loss, [0.0, 0.0]).x
    return float(length), float(difficulty)


def coverage(gamed: GamedData, win_rate: float, n: int) -> tuple[float, float, float]:
    """Simulated models, won or lost by a GLM with the weights of the regularisation rows: how often the refit interval,
    and 1.96 official standard errors, hold the true win rate at equal length; the mean width of the former."""
    random = np.random.default_rng(0)
    length, weight = gamed_weights(gamed)
    constant = brentq(lambda c: float(sigmoid(weight * gamed.difficulty + c).mean()) - win_rate, -15, 15)
    held, naive, widths = [], [], []
    for seed in range(SIMULATED_MODELS):
        difficulty, difference = random.choice(gamed.difficulty, n), random.normal(-300, 700, n)
        logits = length * np.tanh(difference / difference.std(ddof=1)) + weight * difficulty + constant
        won = (random.random(n) < sigmoid(logits)).astype(float)
        fit = length_controlled_win_rate(won, difference, difficulty, gamed.rows)
        interval = refit_interval(won, difference, difficulty, gamed.rows, repeats=500, seed=seed)
        held.append(interval.low <= 100 * win_rate <= interval.high)
        naive.append(abs(fit.win_rate - 100 * win_rate) <= 1.96 * fit.standard_error_of_fit)
        widths.append(interval.high - interval.low)
    return statistics.fmean(held), statistics.fmean(naive), statistics.fmean(widths)


def main() -> None:
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA / "alpaca_eval"
    gamed = read_gamed(folder)
    with (folder / "leaderboard.csv").open(encoding="utf-8", newline="") as lines:
        published = {row[""]: float(row["length_controlled_winrate"]) for row in csv.DictReader(lines)}
    table = pd.read_parquet(folder / "annotations.parquet").sort_values("row", kind="stable")
    seconds: dict[str, list[float]] = {"official": [], "fixed C": [], "ours": []}
    distance, converged, to_published, excess, ses, halves = [], [], [], [], [], []
    for name, rows in table.groupby("model"):
        preference, positions = rows["preference"].to_numpy() - 1, rows["row"].to_numpy().astype(np.int64)
        difference = (rows["baseline_length"] - rows["output_length"]).to_numpy().astype(float)
        prompts = preference, difference, gamed.difficulty_of(positions)
        fit = length_controlled_win_rate(*prompts, gamed.rows)
        is_baseline = name == BASELINE
        if name in published:
            to_published.append(abs(fit.win_rate - published[name]))
        started = time.perf_counter()
        official = official_length_control(preference, difference, positions, gamed, is_baseline)
        if not is_baseline:
            seconds["official"].append(time.perf_counter() - started)
        tight = official_length_control(preference, difference, positions, gamed, is_baseline, tolerance=1e-7)
        distance.append(abs(fit.win_rate - official.length_controlled_winrate))
        converged.append(abs(fit.win_rate - tight.length_controlled_winrate))
        if is_baseline:
            continue
        frame = design(*prompts, gamed.rows)
        started = time.perf_counter()
        theirs = official_coefficients(frame, preference.size, fit.C)
        seconds["fixed C"].append(time.perf_counter() - started)
        excess.append(fit.objective - objective(frame, preference.size, fit.C, theirs))
        started = time.perf_counter()
        interval = refit_interval(*prompts, gamed.rows, repeats=REFITS)
        seconds["ours"].append(time.perf_counter() - started)
        ses.append(official.lc_standard_error)
        halves.append((interval.high - interval.low) / 2 / 1.96)
    ours = statistics.median(seconds["ours"])
    loops = {kind: REFITS * statistics.median(seconds[kind][:OFFICIAL_FITS]) for kind in ("official", "fixed C")}
    worst = sorted(distance)[::-1]
    print(
        f"{len(distance)} models, {gamed.file.name}{' (never for published numbers)' if gamed.is_surrogate else ''}\n"
    )
    print("| measured | figure |\n|---|---|")
    print(f"| {REFITS} refits, ours (median of {len(seconds['ours'])} models, with selection of C) | {ours:.2f} s |")
    how = f"{REFITS} x median of {OFFICIAL_FITS} timed"
    print(f"| {REFITS} official fits ({how}) | {loops['official']:.0f} s, {loops['official'] / ours:.0f} times ours |")
    print(
        f"| {REFITS} official fits at fixed C, features given ({how}) | {loops['fixed C']:.1f} s, "
        f"{loops['fixed C'] / ours:.0f} times ours |"
    )
    print(f"| largest distance to the official figure, liblinear at its 1e-4 | {worst[0]:.3f} points |")
    print(f"| models further than 0.01 points from it | {sum(d > 0.01 for d in distance)} |")
    print(f"| largest distance to the official code, liblinear at 1e-7 | {max(converged):.1g} points |")
    print(f"| largest distance to a published figure ({len(to_published)} models) | {max(to_published):.3f} points |")
    print(f"| largest objective of ours less liblinear's at the same C | {max(excess):.2g} |")
    print(f"| median official lc_standard_error | {statistics.median(ses):.2f} points |")
    print(f"| median half-width / 1.96 of the refit interval | {statistics.median(halves):.2f} points |")
    print("\n| at equal length | prompts | 95% refit interval covers | its width | 1.96 official errors cover |")
    print("|---|---|---|---|---|")
    for win_rate in WIN_RATES:
        for n in SIZES:
            held, naive, width = coverage(gamed, win_rate, n)
            print(f"| {win_rate:.0%} | {n} | {held:.1%} | {width:.1f} points | {naive:.1%} |", flush=True)
    error = 100 * (0.0475 / SIMULATED_MODELS) ** 0.5
    print(f"\n{SIMULATED_MODELS} simulated models each: a coverage of 95% is known to {error:.1f} points.")


if __name__ == "__main__":
    main()
