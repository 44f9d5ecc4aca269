"""The help of the whole command, and what every command has in common."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tpobench.cli import app
from tpobench.cli.app import ROAD

ROOT = Path(__file__).parents[2]
GROUP: Any = typer.main.get_command(app)
COMMANDS = [name for names in ROAD.values() for name in names]


def help_of(*command: str) -> str:
    done = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert done.exit_code == 0, done.output
    return done.output


def test_every_command_is_on_the_road_once() -> None:
    assert sorted(COMMANDS) == sorted(GROUP.commands)


def test_commands_are_listed_in_the_order_of_the_road() -> None:
    lines = help_of().splitlines()
    headings = [line for line in lines if line.removesuffix(":") in ROAD]
    assert headings == [f"{heading}:" for heading in ROAD]
    listed = [line.split()[0] for line in lines[lines.index(headings[0]) :] if line.startswith("  ")]
    assert listed[: len(COMMANDS)] == COMMANDS


@pytest.mark.parametrize("command", [(), ("champion",), ("judge",), ("gate",)], ids=" ".join)
def test_no_summary_is_cut(command: tuple[str, ...]) -> None:
    assert "..." not in help_of(*command).replace("http://...", "").replace("COMMAND [ARGS]...", "")


def test_summaries_begin_in_the_same_column() -> None:
    lines = {line.split()[0]: line for line in help_of().splitlines() if line.startswith("  ")}
    columns = {len(lines[name]) - len(lines[name][2 + len(name) :].lstrip()) for name in COMMANDS}
    assert len(columns) == 1


def test_the_version_is_the_packages() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert CliRunner().invoke(app, ["--version"]).output == f"tpobench {version}\n"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['tpobench', '--help']\n"
        "from tpobench.cli import app\n"
        "try: app()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'trl', 'duckdb', 'pydantic', 'numpy', 'rich.progress'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "quickstart" in done.stdout
