"""A module of the user's folder: its siblings are found, and what it is called changes nothing for tpobench."""

import importlib
import sys
from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.judges.user_module import importable, user_module

ROOMS = ("harness", "tpo", "benchmarks", "reports")


def test_siblings_are_found_while_the_code_runs_and_not_afterwards(user_folder: Path) -> None:
    (user_folder / "scores.py").write_text("import weights\ndef late():\n    import later\n    return later.value")
    (user_folder / "weights.py").write_text("value = 1")
    (user_folder / "later.py").write_text("value = 2")
    path = [*sys.path]
    module = user_module(user_folder, "scores")
    assert sys.path == path
    assert module.weights.value == 1
    with importable(user_folder):
        assert module.late() == 2
    assert sys.path == path


@pytest.mark.parametrize("room", ROOMS)
def test_a_folder_called_like_a_room_of_ours_is_the_users_and_ours_stays(user_folder: Path, room: str) -> None:
    (user_folder / room).mkdir()
    (user_folder / room / "tools_of_mine.py").write_text("value = 7")
    (user_folder / room / "__init__.py").write_text("")
    (user_folder / "scores.py").write_text(f"from {room}.tools_of_mine import value\nfrom tpobench import harness")
    module = user_module(user_folder, "scores")
    assert module.value == 7
    ours = importlib.import_module("tpobench.harness.stats.multiplicity")
    assert module.harness is sys.modules["tpobench.harness"]
    assert str(user_folder) not in str(ours.__file__)


@pytest.mark.parametrize("name", ["tpobench", "harness", "json"])
def test_a_module_called_like_one_that_is_imported_already_is_the_users(user_folder: Path, name: str) -> None:
    before = sys.modules.get(name)
    (user_folder / f"{name}.py").write_text("value = 3")
    assert user_module(user_folder, name).value == 3
    assert sys.modules.get(name) is before


def test_a_module_that_is_not_in_the_folder_is_an_installed_one(user_folder: Path) -> None:
    import yaml

    assert user_module(user_folder, "yaml") is yaml


@pytest.mark.parametrize("name", ["timeit", "os", "json", "builtins", "os.path"])
def test_a_module_of_python_itself_is_refused(user_folder: Path, name: str) -> None:
    with pytest.raises(UserError, match=f"{name} is a module of Python itself; name a file of yours"):
        user_module(user_folder, name)


def test_a_file_is_named_by_its_path(user_folder: Path) -> None:
    (user_folder / "deep").mkdir()
    (user_folder / "deep" / "scores.py").write_text("from beside_it import value")
    (user_folder / "deep" / "beside_it.py").write_text("value = 5")
    assert user_module(user_folder, "deep/scores.py").value == 5
    assert user_module(user_folder, str(user_folder / "deep" / "scores.py")).value == 5
    with pytest.raises(UserError, match=r"there is no file other\.py"):
        user_module(user_folder, "other.py")


def test_a_changed_file_is_another_module(user_folder: Path) -> None:
    (user_folder / "scores.py").write_text("value = 1")
    first = user_module(user_folder, "scores")
    assert user_module(user_folder, "scores") is first
    (user_folder / "scores.py").write_text("value = 2")
    assert user_module(user_folder, "scores").value == 2


def test_a_module_that_cannot_be_imported_leaves_nothing_behind(user_folder: Path) -> None:
    (user_folder / "scores.py").write_text("1 / 0")
    before, path = set(sys.modules), [*sys.path]
    with pytest.raises(ZeroDivisionError):
        user_module(user_folder, "scores")
    assert set(sys.modules) == before
    assert sys.path == path
