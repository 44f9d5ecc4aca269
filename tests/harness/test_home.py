"""Users without a home, or with one that they may not write, as containers have them."""

import os
import tempfile
from pathlib import Path

import pytest

import tpobench.harness.gate.champion as champion
from tests.unprivileged import UNNAMED, folder_for_all, unprivileged
from tpobench.harness import home
from tpobench.harness.errors import UserError


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files; no cache is chosen."""
    for name in ("TPOBENCH_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    home._temporary_cache.cache_clear()
    return tmp_path


def test_a_cache_is_under_the_home(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(temporary))
    assert home.cache_folder() == temporary / ".cache" / "tpobench"
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert home.cache_folder() == Path("/x/tpobench")
    monkeypatch.setenv("TPOBENCH_CACHE", "/y")
    assert home.cache_folder() == Path("/y")


@pytest.mark.parametrize("given", [None, "/proc", "/nonexistent"])
def test_without_a_home_that_can_be_written_it_is_a_temporary_one(
    given: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TPOBENCH_CACHE", "XDG_CACHE_HOME", "USER", "LOGNAME", "GITHUB_ACTOR", "GITLAB_USER_LOGIN"):
        monkeypatch.delenv(name, raising=False)

    def told() -> str:
        if given is not None:
            os.environ["HOME"] = given
        home.provide_home()
        return f"{home.cache_folder()} {champion._who()} {Path.home()}"

    with folder_for_all() as folder:
        folder.chmod(0o777)
        monkeypatch.setattr(tempfile, "tempdir", str(folder))
        home._temporary_cache.cache_clear()
        cache, who, where = unprivileged(told).split()
        if os.geteuid() == 0:
            assert cache.startswith(str(folder / f"tpobench-cache-{UNNAMED}"))
            assert who == f"uid-{UNNAMED}"
            assert where == (given or str(folder / f"tpobench-cache-{UNNAMED}"))


def test_a_path_under_nobodys_home_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/h")
    assert home.expanded("~/x") == Path("/h/x")
    assert home.expanded("~nobody-of-this-name/x") == Path("~nobody-of-this-name/x")


def test_a_folder_of_somebody_else_is_not_used(temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(home, "home_folder", lambda: None)
    (temporary / f"tpobench-cache-{os.geteuid()}").symlink_to(temporary)
    with pytest.raises(UserError, match="belongs to somebody else; set TPOBENCH_CACHE"):
        home.cache_folder()
