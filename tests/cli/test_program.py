"""Commands that are printed can be copied."""

import sys
from pathlib import Path

import pytest

from tpobench.cli.program import program


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "a venv" / "bin" / "tpobench"
    path.parent.mkdir(parents=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_program_on_the_path_is_called_by_its_name(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(installed.parent))
    monkeypatch.setattr(sys, "argv", [str(installed)])
    assert program() == "tpobench"


@pytest.mark.parametrize("others", ["", "/usr/bin"])
def test_another_is_called_as_it_was_started(others: str, installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", others)
    monkeypatch.setattr(sys, "argv", ["a venv/bin/tpobench"])
    assert program() == "'a venv/bin/tpobench'"


def test_a_module_is_called_with_its_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["/x/tpobench/cli/__main__.py"])
    assert program() == f"{sys.executable} -m tpobench.cli"
