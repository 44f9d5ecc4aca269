"""Judgments that are imported count in every figure alike."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.benchmarks.arena_hard.folders import judged, official, write
from tpobench.benchmarks.arena_hard.files_in import import_arena
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.declaration import ImportedModel, LeftOut
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


def games(*labels: object) -> list[object]:
    return [None if label is None else {"score": label, "judgment": {"answer": "So"}} for label in labels]


def judgments(folder: Path, judge: str, *rows: dict[str, object], version: str = "v0.1") -> Path:
    return write(folder / "data" / f"arena-hard-{version}" / "model_judgment" / judge / "m.jsonl", *rows)


def came_in(found: Iterable[ImportedModel | LeftOut]) -> tuple[list[ImportedModel], dict[str, str]]:
    """The evaluations that came in, and what was left out by row."""
    both = list(found)
    judged_models = [one for one in both if isinstance(one, ImportedModel) and one.evaluation is not None]
    return judged_models, {one.row: one.problem for one in both if isinstance(one, LeftOut)}


def test_judge_and_baseline_are_those_of_the_row(tmp_path: Path, store: Store) -> None:
    folder = judged(official(tmp_path, "v0.1"), "v0.1", ("A>B", "B>A"), ("A>B", "B>A"), ("A>B", "B>A"))
    lost, won = games("A>B", "B>A"), games("B>A", "A>B")
    path = judgments(
        folder,
        "j",
        {"uid": "a", "model": "m", "judge": "j", "games": lost},
        {"uid": "b", "model": "m", "judge": "j", "baseline": "gpt-4-0314", "games": lost},
        {"uid": "a", "model": "m", "judge": "another", "games": won},
        {"uid": "a", "model": "m", "judge": "j", "baseline": "m2", "games": won},
        {"uid": "c", "model": "m", "judge": "another", "games": won},
    )
    assert path.is_file()
    evaluations, odd = came_in(import_arena(store, "arena_hard_v0.1", folder, None))
    assert odd == {}
    rows = {(row.judge.split("@")[1].split("#")[0], row.baseline): row for row in leaderboard(store, "arena_hard_v0.1")}
    found = {sides: (row.metrics["win_rate"]["n"], row.value("win_rate")) for sides, row in rows.items()}
    assert found == {("j", "gpt-4-0314"): (2, 0.0), ("another", "gpt-4-0314"): (2, 1.0), ("j", "m2"): (1, 1.0)}
    assert "another judge than the published one" in rows["another", "gpt-4-0314"].notes
    assert "another baseline than gpt-4-0314" in rows["j", "m2"].notes
    assert len(evaluations) == 3


def test_a_folder_of_judgments_says_whose_they_are_where_the_rows_do_not(tmp_path: Path, store: Store) -> None:
    folder = judged(official(tmp_path, "v0.1"), "v0.1", *[("A>B", "B>A")] * 3)
    judgments(folder, "another/judge".replace("/", "_"), {"uid": "a", "model": "m", "games": games("B>A", "A>B")})
    came_in(import_arena(store, "arena_hard_v0.1", folder, None))
    found = {row.judge.split("@")[1].split("#")[0]: row.value("win_rate") for row in leaderboard(store)}
    assert found == {"j": 0.0, "another_judge": 1.0}


def test_odd_rows_are_named_and_all_others_come_in(tmp_path: Path, store: Store) -> None:
    folder = judged(official(tmp_path, "v0.1"), "v0.1", *[("A>B", "B>A")] * 3)
    judgments(
        folder,
        "j",
        {"uid": "a", "model": "m", "games": games("B>A", "A>B")},
        {"uid": "b", "model": "m", "games": games("B>A")},
        {"uid": "b", "model": "m", "games": games("A>B", "B>A")},
        {"uid": "c", "model": "m", "games": games(4, "A>B")},
        {"uid": "x", "model": "m", "games": games("A>B", "B>A")},
        {"model": "m", "games": games("A>B", "B>A")},
        {"uid": "a", "model": "m"},
        '{"uid": "a", "mod',
        "[1]",
    )
    evaluations, odd = came_in(import_arena(store, "arena_hard_v0.1", folder, None))
    assert list(odd) == [f"line {number}" for number in range(2, 10)]
    assert odd["line 2"] == "lacks its second game, which counts as one without a verdict"
    assert odd["line 3"] == "judges the question b a second time"
    assert odd["line 4"].startswith("has the score 4 in place of a label such as A>B")
    assert odd["line 5"] == "judges the question 'x', which is not in the benchmark"
    assert odd["line 8"].startswith("is not valid JSON, it may be cut off")
    assert [(one.prompts, one.missing) for one in evaluations] == [(3, 2)]
    (row,) = leaderboard(store)
    assert row.metrics["win_rate"]["n"] == 1
    assert row.value("missing") == pytest.approx(2 / 3)


def test_answers_that_are_odd_or_null(tmp_path: Path, store: Store) -> None:
    folder = judged(official(tmp_path, "v0.1"), "v0.1", *[("A>B", "B>A")] * 3)
    answers = folder / "data" / "arena-hard-v0.1" / "model_answer"
    null = {"role": "assistant", "content": {"answer": None}}
    write(
        answers / "m.jsonl",
        {"uid": "a", "messages": [null]},
        {"uid": "b"},
        {"uid": "c", "messages": [{"content": "Yes."}]},
        {"uid": "c", "messages": [{"content": "No."}]},
    )
    for name in (".DS_Store", "._m.jsonl", "README.md", "m.jsonl.swp", ".gitkeep", "Thumbs.db"):
        (answers / name).write_bytes(b"\0")
    (answers / "__pycache__").mkdir()
    (answers / "more").mkdir()
    (answers / "m.txt").write_text("?")
    evaluations, odd = came_in(import_arena(store, "arena_hard_v0.1", folder, None))
    assert odd == {
        "": "is not a file of JSON lines (*.jsonl)",
        "line 2": "has no 'uid' or no answer",
        "line 4": "answers the question c a second time",
    }
    assert [(one.prompts, one.empty) for one in evaluations] == [(3, 1)]


@pytest.mark.parametrize("version", ["v0.1", "v2.0"])
def test_a_checkout_with_both_versions(version: str, tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "arena-hard-auto"
    for each in ("v0.1", "v2.0"):
        judged(official(folder, each), each, *[("A>B", "B>A")] * 3)
    evaluations, odd = came_in(import_arena(store, f"arena_hard_{version}", folder, None))
    assert odd == {}
    assert [one.model for one in evaluations] == ["m"]
    assert {row.benchmark for row in leaderboard(store)} == {f"arena_hard_{version}"}


def test_two_runs_keep_their_own_answers(tmp_path: Path, store: Store) -> None:
    data = official(tmp_path / "data", "v0.1")
    for run, said, label in (("one", "x", "B>A"), ("two", "xyz", "A>B")):
        write(
            tmp_path / run / "model_answer" / "m.jsonl", *({"uid": u, "messages": [{"content": said}]} for u in "abc")
        )
        rows = [{"uid": u, "model": "m", "judge": "j", "games": games(label, label)} for u in "abc"]
        write(tmp_path / run / "model_judgment" / "j" / "m.jsonl", *rows)
    for run in ("one", "two"):
        came_in(import_arena(store, "arena_hard_v0.1", tmp_path / run, data))
    assert sorted(row.value("response_chars") or 0 for row in leaderboard(store)) == [1, 3]
    with Store(tmp_path / "together.duckdb") as together:
        came_in(import_arena(together, "arena_hard_v0.1", tmp_path, data))
        assert sorted(row.value("response_chars") or 0 for row in leaderboard(together)) == [1, 3]


def test_lengths_of_answers_that_are_not_there_are_unknown(tmp_path: Path, store: Store) -> None:
    folder = judged(official(tmp_path, "v0.1"), "v0.1", *[("A>B", "B>A")] * 3)
    (folder / "data" / "arena-hard-v0.1" / "model_answer" / "m.jsonl").unlink()
    came_in(import_arena(store, "arena_hard_v0.1", folder, None))
    (row,) = leaderboard(store)
    assert "response_chars" not in row.metrics
    assert row.value("baseline_response_chars") == len("Yes.")
    assert row.value("win_rate") == 0.0


def test_empty_files_are_named(tmp_path: Path, store: Store) -> None:
    folder = judged(official(tmp_path, "v0.1"), "v0.1", *[("A>B", "B>A")] * 3)
    write(folder / "data" / "arena-hard-v0.1" / "model_answer" / "empty.jsonl")
    write(folder / "data" / "arena-hard-v0.1" / "model_judgment" / "j" / "empty.jsonl")
    found = list(import_arena(store, "arena_hard_v0.1", folder, None))
    problems = [one.problem for one in found if isinstance(one, LeftOut)]
    assert problems == ["holds no answers", "holds no judgments"]


def test_the_answers_of_a_file_of_judgments_lie_beside_it(tmp_path: Path, store: Store) -> None:
    folder = judged(official(tmp_path, "v0.1"), "v0.1", *[("A>B", "B>A")] * 3)
    file = folder / "data" / "arena-hard-v0.1" / "model_judgment" / "j" / "m.jsonl"
    came_in(import_arena(store, "arena_hard_v0.1", file, folder))
    (row,) = leaderboard(store)
    assert row.value("response_chars") == len("No.")


def test_a_folder_without_anything_to_import(tmp_path: Path, store: Store) -> None:
    folder = official(tmp_path / "data", "v0.1")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no answers"):
        list(import_arena(store, "arena_hard_v0.1", tmp_path / "empty", folder))
