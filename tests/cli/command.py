"""The command line in processes of its own, as a user types it."""

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tpobench.harness.errors import UserError


def tpobench(*arguments: str | Path, cwd: Path | None = None, store: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command; `store` is the value of TPOBENCH_STORE."""
    command = [sys.executable, "-c", "from tpobench.cli import main; main()", *map(str, arguments)]
    env = os.environ | {"TPOBENCH_STORE": store}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=cwd, env=env)


@cache
def application() -> Any:
    """The command line, made once."""
    import typer

    from tpobench.cli.commands import app

    return typer.main.get_command(app)


def refusal(*arguments: str | Path) -> str:
    """What a command says that is refused, in this process."""
    with pytest.raises(UserError) as error:
        application().main([str(argument) for argument in arguments], standalone_mode=False)
    return str(error.value)


def refused(*arguments: str | Path, cwd: Path, store: str = "") -> str:
    """The one sentence on standard error of a command that is refused with exit code 2."""
    done = tpobench(*arguments, cwd=cwd, store=store)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.startswith("tpobench: ")
    assert done.stderr.count("\n") == 1
    return done.stderr
