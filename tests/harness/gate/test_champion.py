"""The promoted checkpoint: moved whole, by one of two that race, and back again."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.gate.champion import Champion, ChampionMoved, Promotion, current, history, promote, rollback
from tpobench.harness.models.checkpoints import fingerprint
from tpobench.harness.store.store import Store

WRONG = json.dumps(
    dict.fromkeys(("model", "name", "folder", "mode", "decision", "policy_key", "why", "action", "who", "moved_at"), 1)
    | {"sequence": "x", "before": []}
)

RACER = """
import sys
from pathlib import Path
from tpobench.harness.gate.champion import ChampionMoved, Promotion, current, promote
from tpobench.harness.store.store import Store

name, file = sys.argv[1], Path(sys.argv[2])
with Store(file.parent / f"{name}.duckdb") as store:
    seen = current(file)
    print("ready", flush=True)
    sys.stdin.readline()
    try:
        promotion = Promotion(
            model=name,
            name=name,
            folder=str(file.parent),
            mode="direct",
            decision="decision",
            policy_key="policy",
            why="",
        )
        promote(store, file, seen, promotion)
    except ChampionMoved as error:
        sys.exit(str(error))
"""


@pytest.fixture
def promotion(tmp_path: Path) -> Callable[[str], Promotion]:
    def make(name: str) -> Promotion:
        where = f"http://127.0.0.1/{name}"
        return Promotion(
            model=f"{name}{name}",
            name=name,
            folder=where,
            mode="direct",
            decision=f"decision {name}",
            policy_key="policy",
            why=f"why {name}",
        )

    return make


def names(moves: list[Champion]) -> list[str]:
    return [f"{move.action} {move.name}" for move in moves]


def test_promotions_and_rollbacks_are_kept_in_order(
    store: Store, tmp_path: Path, promotion: Callable[[str], Promotion]
) -> None:
    file = tmp_path / "champion.json"
    assert current(file) is None
    for name in ("a", "b", "c"):
        promote(store, file, current(file), promotion(name))
    assert rollback(store, file, "worse").name == "b"
    assert rollback(store, file, "worse still").name == "a"
    with pytest.raises(UserError, match="a is the first champion"):
        rollback(store, file, "")
    promote(store, file, current(file), promotion("d"))
    assert rollback(store, file, "").name == "a"
    assert names(history(store, file)) == [
        "promote a",
        "promote b",
        "promote c",
        "rollback b",
        "rollback a",
        "promote d",
        "rollback a",
    ]
    written = json.loads(file.read_text())
    assert (written["name"], written["sequence"]) == ("a", 7)


def test_the_champion_promoted_again_is_no_move(
    store: Store, tmp_path: Path, promotion: Callable[[str], Promotion]
) -> None:
    file = tmp_path / "champion.json"
    first = promote(store, file, None, promotion("a"))
    assert promote(store, file, first, promotion("a")) == first
    assert len(history(store, file)) == 1


def test_a_move_that_was_killed_before_its_row_is_made_up_for(
    store: Store, tmp_path: Path, promotion: Callable[[str], Promotion]
) -> None:
    file = tmp_path / "champion.json"
    with Store(tmp_path / "lost.duckdb") as lost:
        promote(lost, file, None, promotion("a"))
    promote(store, file, current(file), promotion("b"))
    assert names(history(store, file)) == ["promote a", "promote b"]


def test_a_clock_that_goes_back_does_not_disorder_the_history(
    store: Store, tmp_path: Path, promotion: Callable[[str], Promotion], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "champion.json"
    clock = MagicMock()
    monkeypatch.setattr("tpobench.harness.gate.champion.datetime", clock)
    for name, hour in (("a", 9), ("b", 5), ("c", 7)):
        clock.now.return_value = datetime(2026, 1, 1, hour, tzinfo=UTC)
        promote(store, file, current(file), promotion(name))
    file.unlink()  # begins again with number 1
    clock.now.return_value = datetime(2026, 1, 1, 6, tzinfo=UTC)
    promote(store, file, None, promotion("d"))
    assert names(history(store, file)) == ["promote a", "promote b", "promote c", "promote d"]


def test_a_linked_file_keeps_its_link_and_its_target_moves(
    store: Store, tmp_path: Path, promotion: Callable[[str], Promotion]
) -> None:
    deployed = tmp_path / "deployed" / "champion.json"
    link = tmp_path / "champion.json"
    link.symlink_to(deployed)
    promote(store, link, None, promotion("a"))
    promote(store, deployed, current(deployed), promotion("b"))
    rollback(store, link, "worse")
    assert link.is_symlink()
    assert json.loads(deployed.read_text())["name"] == "a"
    assert names(history(store, link)) == ["promote a", "promote b", "rollback a"]
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".lock")] == []


def test_what_is_no_file_names_no_champion(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(UserError, match="is not a file that can name a champion"):
            current(path)


def test_who_was_slower_is_told_and_changes_nothing(
    store: Store, tmp_path: Path, promotion: Callable[[str], Promotion]
) -> None:
    file = tmp_path / "champion.json"
    seen = promote(store, file, None, promotion("a"))
    promote(store, file, seen, promotion("b"))
    with pytest.raises(ChampionMoved, match=r"moved to b by .* nothing was promoted, run the gate again"):
        promote(store, file, seen, promotion("c"))
    assert [move.name for move in history(store, file)] == ["a", "b"]


def test_of_two_processes_one_wins_and_the_other_is_told(tmp_path: Path) -> None:
    file = tmp_path / "champion.json"
    racers = {
        name: subprocess.Popen(
            [sys.executable, "-c", RACER, name, str(file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("left", "right")
    }
    for racer in racers.values():
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers.values():
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    said = {name: (racer.communicate()[1], racer.returncode) for name, racer in racers.items()}
    (winner,) = [name for name, (_, code) in said.items() if code == 0]
    (loser,) = set(racers) - {winner}
    assert f"was moved to {winner}" in said[loser][0]
    found = current(file)
    assert found is not None
    assert found.name == winner


def test_weights_that_are_gone_or_others_are_not_gone_back_to(
    store: Store, tmp_path: Path, tiny_model: Path, promotion: Callable[[str], Promotion]
) -> None:
    file, copy = tmp_path / "champion.json", tmp_path / "copy"
    shutil.copytree(tiny_model, copy)
    promote(store, file, None, replace(promotion("a"), folder=str(copy), model=fingerprint(copy)))
    promote(store, file, current(file), promotion("b"))
    (copy / "config.json").write_text((copy / "config.json").read_text() + " ")
    with pytest.raises(UserError, match="have changed since a was judged"):
        rollback(store, file, "")
    shutil.rmtree(copy)
    with pytest.raises(UserError, match="the weights of a are no longer at"):
        rollback(store, file, "")
    found = current(file)
    assert found is not None
    assert found.name == "b"


def test_a_rollback_needs_no_history_but_the_file(tmp_path: Path, promotion: Callable[[str], Promotion]) -> None:
    file = tmp_path / "champion.json"
    for name in ("a", "b", "c"):
        with Store(tmp_path / f"{name}.duckdb") as store:
            promote(store, file, current(file), promotion(name))
    with Store(tmp_path / "new.duckdb") as store:
        assert rollback(store, file, "").name == "b"
        assert rollback(store, file, "").name == "a"
    file.rename(tmp_path / "away.json")
    with Store(tmp_path / "new.duckdb") as store:
        promote(store, file, None, promotion("d"))
        with pytest.raises(UserError, match="d is the first champion"):
            rollback(store, file, "")


@pytest.mark.parametrize("text", ["{", "[]", '{"name": "a"}', "null", WRONG])
def test_a_file_that_is_not_ours_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "champion.json").write_text(text)
    with pytest.raises(UserError, match="is not a champion file of tpobench"):
        current(tmp_path / "champion.json")
