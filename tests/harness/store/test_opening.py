"""Where a store is found and how it is opened: links, disks that cannot be written, users without a name."""

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.harness.store.test_journal import OLD, journal_of, judgment, killed_after
from tests.unprivileged import folder_for_all, unprivileged
from tpobench.harness.errors import UserError
from tpobench.harness.store.query import query_store
from tpobench.harness.store.store import Store


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that others can read."""
    with folder_for_all() as folder:
        yield folder


def close(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        path.chmod(0o555 if path.is_dir() else 0o444)


def judgments(path: Path) -> object:
    return query_store(path, "SELECT judgment_key FROM judgment ORDER BY ALL").rows


def test_a_store_has_one_journal_by_whatever_link_it_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "real" / "s.duckdb"
    path.parent.mkdir()
    (tmp_path / "folder").symlink_to(path.parent)
    (tmp_path / "link.duckdb").symlink_to(path)
    (tmp_path / "chain.duckdb").symlink_to(tmp_path / "link.duckdb")
    for number, name in enumerate(("chain.duckdb", "folder/s.duckdb", "link.duckdb")):
        killed_after(tmp_path / name, f"store.add_judgments([judgment('{number}')])")
        assert journal_of(path).exists()
        with Store(path, read_only=True) as store:
            assert store.row_counts()["judgment"] == number + 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["chain.duckdb", "folder", "link.duckdb", "real"]


def test_a_link_to_nothing_makes_its_target_and_one_to_itself_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "new" / "s.duckdb")
    Store(tmp_path / "link.duckdb").close()
    assert (tmp_path / "new" / "s.duckdb").is_file()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(UserError, match="is a link that leads to itself"):
        Store(tmp_path / "loop")


def test_hard_links_are_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    Store(tmp_path / "s.duckdb").close()
    os.link(tmp_path / "s.duckdb", tmp_path / "other.duckdb")
    Store(tmp_path / "s.duckdb").close()
    assert "s.duckdb is one of 2 hard links to one file: always open it by the same name" in capfd.readouterr().err


def test_a_store_that_cannot_be_written_is_read(closed_folder: Path) -> None:
    path = closed_folder / "s.duckdb"
    with Store(path) as store:
        store.add_judgments([judgment("a")])
    close(closed_folder)
    assert unprivileged(lambda: judgments(path)) == "[('a',)]"


@pytest.mark.parametrize("rest", ["journal", "log", "old"])
def test_what_waits_to_be_brought_in_is_read_where_nothing_can_be_written(closed_folder: Path, rest: str) -> None:
    path = closed_folder / "s.duckdb"
    if rest == "old":
        with duckdb.connect(str(path)) as old:
            old.execute(OLD)
    else:
        drain = "; store.drain()" if rest == "log" else ""
        killed_after(path, f"[store.add_judgments([judgment(key)]) for key in 'kl']{drain}")
    close(closed_folder)
    before = {file.name: file.stat().st_mtime_ns for file in closed_folder.iterdir()}
    assert unprivileged(lambda: judgments(path)) == "[('k',), ('l',)]"
    assert {file.name: file.stat().st_mtime_ns for file in closed_folder.iterdir()} == before
    assert not list(Path("/tmp").glob("tpobench-store-*"))


def test_writing_where_nothing_can_be_written_is_a_sentence(closed_folder: Path) -> None:
    Store(closed_folder / "s.duckdb").close()
    close(closed_folder)
    told = unprivileged(lambda: Store(closed_folder / "s.duckdb"))
    assert told == (
        f"UserError: {closed_folder / 's.duckdb'} cannot be opened for writing (permission denied); copy it to a "
        "folder of yours, or name another file with --store"
    )
    told = unprivileged(lambda: Store(closed_folder / "new" / "s.duckdb"))
    assert told.startswith(f"UserError: the folder {closed_folder / 'new'} cannot be made (Permission denied)")


def test_a_journal_of_somebody_else_is_a_sentence(closed_folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root makes files of another user")
    path = closed_folder / "s.duckdb"
    killed_after(path, "store.add_judgments([judgment('a')])")
    assert stat.S_IMODE(journal_of(path).stat().st_mode) == 0o600
    told = unprivileged(lambda: judgments(path))
    assert told.startswith(f"UserError: {journal_of(path)} cannot be read (Permission denied), and rows of the store")


def test_no_space_for_a_copy_is_a_sentence(closed_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = closed_folder / "s.duckdb"
    killed_after(path, "store.add_judgments([judgment('a')])")
    close(closed_folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "/tmp/x")

    monkeypatch.setattr(shutil, "copyfile", full)
    told = unprivileged(lambda: judgments(path))
    assert "no copy of it can be made (No space left on device: /tmp/x); set TMPDIR" in told


def test_a_disk_without_locks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise duckdb.IOException('IO Error: Could not set lock on file "s": Conflicting lock is held in PID 0')

    monkeypatch.setattr(duckdb, "connect", refuse)
    with pytest.raises(UserError, match=r"the disk of .* cannot lock files, as a store needs; name a file on a local"):
        Store(tmp_path / "s.duckdb")


def test_a_folder_is_no_store(tmp_path: Path) -> None:
    for read_only in (True, False):
        with pytest.raises(UserError, match="is a folder; name the file of a store with --store"):
            Store(tmp_path, read_only=read_only)


def test_what_is_no_file_is_no_store(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/null")):
        for read_only in (True, False):
            with pytest.raises(UserError, match="is a device or a pipe, not the file of a store"):
                Store(path, read_only=read_only)
    assert not Path("/dev/null.journal").exists()


@pytest.mark.parametrize("read_only", [True, False])
def test_an_empty_file_is_told(tmp_path: Path, read_only: bool) -> None:
    (tmp_path / "s.duckdb").touch()
    with pytest.raises(UserError, match="is an empty file; remove it"):
        Store(tmp_path / "s.duckdb", read_only=read_only)


@pytest.mark.parametrize("suffix", [".journal", ".wal", ".written", ".set-aside.jsonl"])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_what_belongs_to_a_store_is_a_file_of_its_own(tmp_path: Path, suffix: str, kind: str) -> None:
    Store(tmp_path / "s.duckdb").close()
    victim, companion = tmp_path / "victim", tmp_path / f"s.duckdb{suffix}"
    victim.write_text("precious\n")
    if kind == "link":
        companion.symlink_to(victim)
    elif kind == "pipe":
        os.mkfifo(companion)
    else:
        companion.mkdir()
    for read_only in (True, False):
        with pytest.raises(UserError, match="belongs to the store and is a link, a folder, a device or a pipe"):
            Store(tmp_path / "s.duckdb", read_only=read_only)
    assert victim.read_text() == "precious\n"


def test_another_databases_file_is_no_store(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as other:
        other.execute("CREATE TABLE t (x)")
    with pytest.raises(UserError, match=r"other\.db is not a DuckDB file"):
        Store(tmp_path / "other.db", read_only=True)
