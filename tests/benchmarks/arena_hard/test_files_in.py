"""Judgments that are imported count in every figure alike."""

from pathlib import Path

import pytest

from tests.benchmarks.arena_hard.folders import judged, official
from tpobench.benchmarks.arena_hard.files_in import import_arena
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.store.store import Store


@pytest.mark.parametrize("version", ["v0.1", "v2.0"])
def test_every_label_that_counts_in_the_official_score_counts_in_the_win_rate(
    version: str, tmp_path: Path, store: Store
) -> None:
    labels = (("A<B", "B<A"), ("A<<B", "B=A"), ("a<b", "B<<A"))  # the candidate is B in the first game, A in the second
    list(import_arena(store, f"arena_hard_{version}", judged(official(tmp_path, version), version, *labels), None))
    (row,) = leaderboard(store, f"arena_hard_{version}")
    assert row.value("missing") == 0
    assert row.metrics["win_rate"]["n"] == row.metrics["official_arena_score"]["n"] == 3
    assert row.value("win_rate") == pytest.approx(5.5 / 6)
    assert row.value("arena_score") == pytest.approx(9.5 / 10)


def test_a_label_that_is_none_counts_nowhere(tmp_path: Path, store: Store) -> None:
    labels = (("A>B", "B>A"), ("A>>>B", None), ("A==B", "none"))
    list(import_arena(store, "arena_hard_v0.1", judged(official(tmp_path, "v0.1"), "v0.1", *labels), None))
    (row,) = leaderboard(store, "arena_hard_v0.1")
    assert row.metrics["win_rate"]["n"] == row.metrics["official_arena_score"]["n"] == 1
    assert row.value("missing") == pytest.approx(2 / 3)
