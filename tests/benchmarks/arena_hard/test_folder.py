"""Fetching the official files: they are verified, and nobody else's are touched."""

import json
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.benchmarks.arena_hard.folders import CONFIG, official, write
from tpobench.benchmarks.arena_hard import folder as arena_hard
from tpobench.benchmarks.arena_hard.data import questions
from tpobench.benchmarks.arena_hard.folder import LOCK, fetch
from tpobench.benchmarks.arena_hard.judge_settings import judge_settings
from tpobench.harness.errors import UserError


@pytest.fixture
def remote(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder served over HTTP in place of the hub and the repository."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    folder = official(tmp_path / "remote", "v2.0")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("HUB", "REPOSITORY"):
        monkeypatch.setattr(arena_hard, name, f"http://127.0.0.1:{server.server_port}/")
    yield folder
    server.shutdown()
    server.server_close()


def test_fetched_files_are_read_and_verified(tmp_path: Path, remote: Path) -> None:
    folder = tmp_path / "mine"
    written = fetch("v2.0", folder)
    assert len(written) == len(json.loads((folder / LOCK).read_text())) == 5
    assert len(questions("v2.0", folder)) == 3
    assert judge_settings("v2.0", folder)["model"] == "j"
    before = {path: path.stat().st_mtime_ns for path in written}
    assert {path: path.stat().st_mtime_ns for path in fetch("v2.0", folder)} == before


def test_a_file_that_changed_is_an_error(tmp_path: Path, remote: Path) -> None:
    folder = tmp_path / "mine"
    question = fetch("v2.0", folder)[0]
    good = question.read_bytes()
    question.write_bytes(good + b"\n")
    with pytest.raises(UserError, match="is not the file that"):
        fetch("v2.0", folder)
    question.unlink()
    fetch("v2.0", folder)
    assert question.read_bytes() == good
    question.unlink()
    (remote / question.relative_to(folder)).write_bytes(b"other\n")
    with pytest.raises(UserError, match="is not the file that"):
        fetch("v2.0", folder)
    assert not question.exists()


def test_a_download_that_fails_leaves_no_half(tmp_path: Path, remote: Path) -> None:
    (remote / "config" / "arena-hard-v2.0.yaml").unlink()
    folder = tmp_path / "mine"
    with pytest.raises(UserError, match=r"arena-hard-v2\.0\.yaml cannot be fetched: .*404"):
        fetch("v2.0", folder)
    assert not list(folder.rglob("*.part"))
    assert not (folder / "config" / "arena-hard-v2.0.yaml").exists()
    write(remote / "config" / "arena-hard-v2.0.yaml", CONFIG)
    assert all(path.is_file() for path in fetch("v2.0", folder))


def test_files_of_others_are_not_touched(tmp_path: Path, remote: Path) -> None:
    folder = official(tmp_path / "clone", "v2.0")
    with pytest.raises(UserError, match="was not downloaded by tpobench"):
        fetch("v2.0", folder)
    (folder / LOCK).write_text("{")
    with pytest.raises(UserError, match="cannot be read"):
        fetch("v2.0", folder)
