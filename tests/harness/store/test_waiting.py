"""Waiting for a store that another process holds."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.store import waiting as waiting_module
from tpobench.harness.store.store import Store
from tpobench.harness.store.waiting import waiting

HOLDS = (
    "import sys, time\nfrom tpobench.harness.store.store import Store\n"
    "with Store(sys.argv[1]): print(flush=True); time.sleep(float(sys.argv[2]))"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store in a folder whose name has the word in which DuckDB speaks of locks."""
    (tmp_path / "blocks").mkdir()
    return tmp_path / "blocks" / "s.duckdb"


def held(path: Path, seconds: float) -> Iterator[int]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDS, str(path), str(seconds)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder.pid
    finally:
        holder.kill()
        holder.wait()


@pytest.mark.parametrize("read_only", [False, True])
def test_a_held_store_opens_when_its_holder_ends(path: Path, read_only: bool) -> None:
    said: list[str] = []
    for pid in held(path, 1.5):
        with waiting(60, said.append), Store(path, read_only=read_only):
            pass
        assert len(said) == 1
        assert said[0].startswith(f"{path} is in use by process {pid}: waiting for it to end, ")


def test_patience_ends(path: Path) -> None:
    for pid in held(path, 60):
        began = time.monotonic()
        with waiting(1, lambda line: None), pytest.raises(UserError, match=f"in use by process {pid}: .* --wait"):
            Store(path)
        assert 1 <= time.monotonic() - began < 10


def test_a_line_is_said_every_minute(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr(waiting_module.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(waiting_module.time, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    said: list[str] = []
    held_store = waiting_module.HeldStore(path)
    with waiting(150, said.append):
        while held_store.wait("process 7"):
            pass
    assert [line.split(", ")[1] for line in said] == ["149 s more at most", "89 s more at most", "29 s more at most"]


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ("Could not set lock on file: Conflicting lock is held in  (PID 0)", "cannot lock files"),
        ('"blocks/s.duckdb" is not a valid DuckDB database file!', "is not a DuckDB file"),
    ],
)
def test_what_is_not_held_is_not_waited_for(
    path: Path, message: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object, **__: object) -> None:
        raise duckdb.IOException(message)

    monkeypatch.setattr(duckdb, "connect", refusing)
    with waiting(3600, pytest.fail), pytest.raises(UserError, match=sentence):
        Store(path)
