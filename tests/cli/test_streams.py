"""What is printed holds nothing that a terminal, a CI's runner or a program's reader obeys."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import tpobench
from tpobench.harness.store.store import Store

HOSTILE = "a\x1b[2J\x1b]52;c;x\x07b\x9bc\u202ed [/red] [bold]e[/bold] :smile:"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    with Store(tmp_path / "s.duckdb"):
        pass
    return tmp_path / "s.duckdb"


def in_ci(*arguments: str, cwd: Path) -> str:
    command = [sys.executable, "-c", "from tpobench.cli import main; main()", *arguments]
    env = os.environ | {"GITHUB_ACTIONS": "true"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=env, timeout=60)
    return done.stdout + done.stderr


def obeyed(said: str) -> list[str]:
    return [character for character in said if character in "\x1b\x07\x9b\u202e\r"]


def test_a_table_shows_hostile_cells_as_they_are(store: Path) -> None:
    said = tpobench("sql", f"SELECT '{HOSTILE}' AS \"[/x]\"", "--store", store).stdout
    assert obeyed(said) == []
    assert "⟨U+001B⟩[2J" in said
    assert "[/red] [bold]e[/bold] :smile:" in said
    assert "[/x]" in said


def test_an_error_is_one_line_of_visible_text(tmp_path: Path) -> None:
    done = tpobench("plan", "--benchmark", f"{HOSTILE}\nnext", cwd=tmp_path)
    assert obeyed(done.stderr) == []
    assert done.stderr.count("\n") == 1
    assert "[/red]" in done.stderr


@pytest.mark.parametrize("text", ["::error::boo", "##[error]boo", "##vso[task.complete]"])
def test_no_line_is_a_command_to_a_runner(text: str, store: Path) -> None:
    for arguments in (["sql", f"SELECT '{text}'"], ["sql", f"SELECT 'x\n{text}' AS \"{text}\""], ["sql", text]):
        said = in_ci(*arguments, "--store", str(store), cwd=store.parent)
        assert not any(line.lstrip().startswith("::") for line in said.splitlines())
        assert "##" not in said


def test_json_holds_the_text_itself(store: Path) -> None:
    done = tpobench("sql", f"SELECT '{HOSTILE}##[x]' AS a", "--json", "--store", store)
    assert obeyed(done.stdout) == []
    assert json.loads(done.stdout) == [{"a": f"{HOSTILE}##[x]"}]
