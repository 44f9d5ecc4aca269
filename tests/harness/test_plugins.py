"""Entry points of other packages: found by name, and what is wrong with one is said once and spoils nothing."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tpobench.harness.plugins import declared, entry_points, package_of

GROUP = "tpobench.judges"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """What is installed is read anew, and again after the test."""
    for cached in (declared, entry_points):
        cached.cache_clear()
    yield
    for cached in (declared, entry_points):
        cached.cache_clear()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path in which packages can be "installed"."""
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def install(folder: Path, name: str, points: str) -> None:
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[{GROUP}]\n{points}\n")


def test_our_own_are_declared() -> None:
    ours = {name for name, point in declared(GROUP).items() if package_of(point) == "tpobench"}
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert ours == set(project["entry-points"][GROUP])


def test_another_packages_are_found_and_not_imported(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(package, "other", "coin = no_such_module_at_all:judge")
    assert package_of(declared(GROUP)["coin"]) == "other"
    assert capsys.readouterr().err == ""


def test_a_name_of_ours_cannot_be_taken(package: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install(package, "another", "checklist = elsewhere:judge")
    for _ in range(2):
        assert package_of(declared(GROUP)["checklist"]) == "tpobench"
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "another declares 'checklist' under tpobench.judges, a name that tpobench has taken" in told


def test_one_that_cannot_be_imported_is_said_once_and_the_others_are_there(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (package / "broken_for_a_test.py").write_text("1 / 0")
    install(package, "other", "coin = broken_for_a_test:judge\nlacking = json:no_such_thing")
    for _ in range(2):
        points = entry_points(GROUP)
    assert "checklist" in points
    assert not {"coin", "lacking"} & points.keys()
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "other declares 'coin' under tpobench.judges, and it cannot be imported: ZeroDivisionError" in told[0]


def test_a_package_that_ends_the_program_as_it_is_imported_is_left_out(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (package / "leaving_package.py").write_text("import sys\nsys.exit(0)\n")
    install(package, "leaver", "coin = leaving_package:judge")
    assert "coin" not in entry_points(GROUP)
    assert "leaver declares 'coin' under tpobench.judges, and it cannot be imported" in capsys.readouterr().err


def test_a_list_of_entry_points_that_cannot_be_read_spoils_nothing(
    package: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install(package, "garbled", "this is no entry point")
    assert package_of(declared(GROUP)["checklist"]) == "tpobench"
    assert "the entry points of garbled cannot be read" in capsys.readouterr().err
