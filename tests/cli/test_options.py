"""Options that messages, docstrings and documents name: a user who is told of one must be able to give it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from tpobench.cli.commands import app

ROOT = Path(__file__).parents[2]
SOURCES = sorted(file for part in ("harness", "benchmarks", "tpo", "reports") for file in (ROOT / part).rglob("*.py"))
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

OPTION = re.compile(r"(?<![\w-])(?<!var\()--[a-z][a-z_-]*[a-z]")

OTHERS = re.compile(
    r"(pip install|git clone|make check|accelerate launch|python tests/)[^`;\n]*|^--config_file$", re.MULTILINE
)
"""What is said of other programs' options."""


OF_OTHERS = {"--api-key", "--port", "--config_file", "--log_samples", "--served-model-name"}
"""Options of servers and of lm-eval and accelerate that are told of outside a command line."""


def options(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, set[str]]]:
    """The options of a command and of all below it, by what is typed after ``tpobench``."""
    own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    yield " ".join(path), own | {"--help", "--debug"}
    for name, below in getattr(command, "commands", {}).items():
        yield from options(below, (*path, name))


COMMANDS = dict(options(typer.main.get_command(app)))
KNOWN = set().union(*COMMANDS.values())


def texts(file: Path) -> Iterator[str]:
    """Of a module, its strings, docstrings and messages among them; an f-string is one, its values left out."""
    inside: set[int] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.JoinedStr):
            parts = [part for part in node.values if isinstance(part, ast.Constant)]
            inside |= {id(part) for part in parts}
            yield "X".join(str(part.value) for part in parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            yield node.value


def written(file: Path) -> list[str]:
    found = texts(file) if file.suffix == ".py" else [file.read_text(encoding="utf-8")]
    return [OTHERS.sub("", text.replace("\\\n", " ")) for text in found]


FILES = pytest.mark.parametrize("file", [*SOURCES, *DOCUMENTS], ids=lambda file: str(file.relative_to(ROOT)))


@FILES
def test_every_option_that_is_named_exists(file: Path) -> None:
    named = {option for text in written(file) for option in OPTION.findall(text)}
    assert named <= KNOWN | OF_OTHERS, f"no command has {sorted(named - KNOWN)}"


@FILES
def test_every_command_that_is_written_out_has_its_options(file: Path) -> None:
    for text in written(file):
        for line in re.findall(r"\btpobench ([a-z][^`;|\n]*)", text):
            words = line.split()
            command = next((name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS), None)
            if command is not None:
                assert set(OPTION.findall(line)) <= COMMANDS[command], f"tpobench {line}"


def test_an_option_that_no_command_has_is_found() -> None:
    assert OPTION.findall("name a folder (--include-path), or --tokenizer; var(--thought)") == [
        "--include-path",
        "--tokenizer",
    ]
    assert not {"--include-path", "--tokenizer"} & KNOWN
    assert {"--store", "--data", "--promote", "--dry-run"} <= KNOWN
