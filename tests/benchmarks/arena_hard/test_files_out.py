"""Arena-Hard's official files in and out."""

from pathlib import Path

import pytest

from tests.benchmarks.arena_hard.folders import judged, official, write
from tests.data import DATA, real_data
from tpobench.benchmarks.arena_hard.files_in import import_arena
from tpobench.benchmarks.arena_hard.files_out import export_arena
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.store.store import Store


@real_data
def test_arena_hard_goes_in_scores_as_published_and_comes_out(store: Store, tmp_path: Path) -> None:
    folder = DATA / "arena_hard"
    list(import_arena(store, "arena_hard_v0.1", folder, None))
    (row,) = leaderboard(store, "arena_hard_v0.1")
    assert 100 * (row.value("official_arena_score") or 0) == pytest.approx(23.34, abs=0.005)
    assert row.metrics["arena_score"]["low"] < row.metrics["official_arena_score"]["low"]  # whole prompts vary more
    styled = row.metrics["style_controlled_win_rate"]  # its answers are shorter than the baseline's, which cost it wins
    assert [100 * styled[end] for end in ("low", "value", "high")] == pytest.approx([21.9, 25.9, 30.7], abs=0.4)
    answers, judgments = export_arena(store, "arena_hard_v0.1", "gpt-3.5-turbo-0125", tmp_path, folder)
    (tmp_path / "questions").mkdir()
    with Store(tmp_path / "again.duckdb") as again:
        list(import_arena(again, "arena_hard_v0.1", tmp_path, folder))
        (copy,) = leaderboard(again, "arena_hard_v0.1")
    assert copy.metrics == row.metrics
    assert len(answers.read_text().split("\n")) == len(judgments.read_text().split("\n")) == 501


def test_the_judgments_of_every_judge_and_baseline_go_out_and_come_back(store: Store, tmp_path: Path) -> None:
    folder = judged(official(tmp_path / "in", "v0.1"), "v0.1", *[("A>B", "B>A")] * 3)
    sides = ({"judge": "j"}, {"judge": "org/other"}, {"judge": "j", "baseline": "m2"})
    for number, side in enumerate(sides):
        games = [{"score": label} for label in (("A>B", "B>A"), ("B>A", "A>B"), ("A=B", "A=B"))[number]]
        rows = [{"uid": uid, "model": "m", "games": games} | side for uid in "abc"]
        write(folder / "data" / "arena-hard-v0.1" / "model_judgment" / "j" / f"m{number}.jsonl", *rows)
    (folder / "data" / "arena-hard-v0.1" / "model_judgment" / "j" / "m.jsonl").unlink()
    list(import_arena(store, "arena_hard_v0.1", folder, None))
    paths = export_arena(store, "arena_hard_v0.1", "m", tmp_path / "out", folder)
    names = {path.relative_to(tmp_path / "out").as_posix() for path in paths}
    assert names == {"model_answer/m.jsonl", "model_judgment/j/m.jsonl", "model_judgment/org_other/m.jsonl"}
    with Store(tmp_path / "again.duckdb") as again:
        list(import_arena(again, "arena_hard_v0.1", tmp_path / "out", folder))
        copies = {row.evaluation: row.metrics for row in leaderboard(again)}
    assert copies == {row.evaluation: row.metrics for row in leaderboard(store)}
    assert len(copies) == 3
