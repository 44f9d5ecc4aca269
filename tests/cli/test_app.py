"""The help of the whole command, and what every command has in common."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from tpobench.cli.app import HELP_ORDER
from tpobench.cli.commands import app

ROOT = Path(__file__).parents[2]
GROUP: Any = typer.main.get_command(app)
COMMANDS = [name for names in HELP_ORDER.values() for name in names]


def help_of(*command: str) -> str:
    done = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"})
    assert done.exit_code == 0, done.output
    return done.output


def test_every_command_is_on_the_road_once() -> None:
    assert sorted(COMMANDS) == sorted(GROUP.commands)


def test_commands_are_listed_in_the_order_of_the_road() -> None:
    lines = help_of().splitlines()
    headings = [line for line in lines if line.removesuffix(":") in HELP_ORDER]
    assert headings == [f"{heading}:" for heading in HELP_ORDER]
    listed = [line.split()[0] for line in lines[lines.index(headings[0]) :] if line.startswith("  ")]
    assert listed[: len(COMMANDS)] == COMMANDS


@pytest.mark.parametrize("command", [(), ("champion",), ("judge",), ("gate",)], ids=" ".join)
def test_no_summary_is_cut(command: tuple[str, ...]) -> None:
    assert "..." not in help_of(*command).replace("http://...", "").replace("COMMAND [ARGS]...", "")


def test_summaries_begin_in_the_same_column() -> None:
    lines = {line.split()[0]: line for line in help_of().splitlines() if line.startswith("  ")}
    columns = {len(lines[name]) - len(lines[name][2 + len(name) :].lstrip()) for name in COMMANDS}
    assert len(columns) == 1


def every(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """A command and all below it, by what is typed after `tpobench`."""
    yield " ".join(path), command
    for name, below in getattr(command, "commands", {}).items():
        yield from every(below, (*path, name))


EVERY = dict(every(GROUP))


def test_every_command_tells_the_same_of_its_store() -> None:
    options = {name: option for name, command in EVERY.items() for option in command.params if "--store" in option.opts}
    assert {option.help for option in options.values()} == {
        "The results store, a DuckDB file; without this option $TPOBENCH_STORE, else tpobench-runs/store.duckdb."
    }
    groups = {"", "judge", "champion"}
    without = {"quickstart", "doctor", "chat", "train", "status"}  # a run's store is in its folder
    assert EVERY.keys() - options.keys() == groups | without


@pytest.mark.parametrize("name", [name for name, command in EVERY.items() if not hasattr(command, "commands")])
def test_examples_are_on_one_line_to_copy(name: str) -> None:
    shown = help_of(*name.split())
    examples = re.findall(r"Example: (.*)", EVERY[name].callback.__doc__)
    assert examples
    for example in examples:
        assert f"  Example: {example}\n" in shown


@pytest.mark.parametrize("name", EVERY)
def test_every_option_and_argument_is_explained(name: str) -> None:
    own = [
        parameter for parameter in EVERY[name].params if parameter.name not in ("install_completion", "show_completion")
    ]
    assert not [parameter.name for parameter in own if not parameter.help]


def test_the_version_is_the_packages() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert CliRunner().invoke(app, ["--version"]).output == f"tpobench {version}\n"


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['tpobench', '--help']\n"
        "from tpobench.cli.commands import app\n"
        "try: app()\nexcept SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'trl', 'duckdb', 'pydantic', 'numpy', 'rich.progress'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "quickstart" in done.stdout
