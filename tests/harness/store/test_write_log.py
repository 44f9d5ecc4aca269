"""A write-ahead log that was cut short is told; DuckDB says nothing."""

from pathlib import Path

import pytest

from tests.harness.store.test_journal import killed_after
from tpobench.harness.store.store import Store
from tpobench.harness.store.write_log import log_file

PROMPTS = "from tpobench.harness.records import Prompt; [store.add_prompts([Prompt(str(n))]) for n in range(20)]"


@pytest.mark.parametrize("read_only", [True, False])
def test_a_log_that_was_cut_short_is_told(tmp_path: Path, read_only: bool, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.duckdb"
    killed_after(path, PROMPTS)
    size = log_file(path).stat().st_size
    with log_file(path).open("rb+") as log:
        log.truncate(size - 10)
    for _ in range(2 if read_only else 1):
        with Store(path, read_only=read_only) as store:
            assert store.row_counts()["prompt"] == 19
        told = capfd.readouterr().err
        assert told.startswith(f"tpobench: the last rows that were written to {path} before a sudden end are lost, ")
        assert f"({size - 10:,} of {size:,} bytes are left)" in told
    Store(path).close()
    capfd.readouterr()
    Store(path).close()
    assert capfd.readouterr().err == ""


def test_a_whole_log_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s.duckdb"
    killed_after(path, PROMPTS)
    for read_only in (True, False):
        with Store(path, read_only=read_only) as store:
            assert store.row_counts()["prompt"] == 20
    assert capfd.readouterr().err == ""
    assert [file.name for file in tmp_path.iterdir()] == ["s.duckdb"]
