"""Arena-Hard's algorithms as published, written out plainly, and games to try them on."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from tests.data import DATA
from tpobench.benchmarks.arena_hard.labels import Vote, vote

LABELS = ("A>>B", "A>B", "A=B", "B>A", "B>>A")

MIRROR = {"A>>B": "B>>A", "A>B": "B>A", "A=B": "A=B", "B>A": "A>B", "B>>A": "A>>B"}

PUBLISHED = {"A>>B": [1.0] * 3, "A>B": [1.0], "A=B": [0.5], "B>A": [0.0], "B>>A": [0.0] * 3}

Labels = Sequence[tuple[str | None, str | None]]
"""Game 1 shows the baseline first, game 2 the candidate."""

labels = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=20)


def games_of(given_labels: Labels) -> list[tuple[Vote | None, Vote | None]]:
    return [(vote(first or "none", False), vote(second or "none", True)) for first, second in given_labels]


def exploded(given_labels: Labels, both: bool) -> list[float]:
    """One outcome a vote, strong ones three times; a prompt with a null game falls out whole when `both`."""
    found = []
    for first, second in given_labels:
        if both and (first is None or second is None):
            continue
        if first is not None:
            found += [1 - outcome for outcome in PUBLISHED[first]]
        if second is not None:
            found += PUBLISHED[second]
    return found


def random_labels(seed: int, prompts: int, missing: float = 0.1) -> list[tuple[str | None, str | None]]:
    random = np.random.default_rng(seed)
    drawn = [[None if random.random() < missing else LABELS[random.integers(5)] for _ in "12"] for _ in range(prompts)]
    return [(first, second) for first, second in drawn]


def official_judgments() -> list[tuple[str, str]]:
    from pyarrow import parquet

    rows = parquet.read_table(DATA / "arena_hard" / "v01_judgments.parquet").to_pylist()
    return [(row["score_game1"], row["score_game2"]) for row in rows]


def published_elo(outcomes: Sequence[float]) -> float:
    """v0.1 as published: rows doubled, ties half each, logistic regression without penalty, Elo, then the win rate."""
    x, y = [], []
    for outcome in outcomes:
        for won in (1, 0) if outcome == 0.5 else (int(outcome), int(outcome)):
            x.append([np.log(10)])
            y.append(won)
    fitted = LogisticRegression(fit_intercept=False, C=np.inf, tol=1e-8, max_iter=1000).fit(x, y)
    rating = 1000 + 400 * float(fitted.coef_[0][0])
    return float(1 / (1 + 10 ** ((1000 - rating) / 400)))
