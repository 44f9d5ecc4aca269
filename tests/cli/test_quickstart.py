"""tpobench quickstart hands the embedded configuration to what `tpobench train` does."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tpobench.cli import train
from tpobench.cli.commands import app


def test_the_quickstart_trains_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[Any] = []
    monkeypatch.setattr(train, "train_in", lambda *given: trained.append(given))
    done = CliRunner().invoke(app, ["quickstart", "--dir", str(tmp_path / "run"), "--json"])
    assert done.exit_code == 0, done.output
    ((folder, settings, as_json),) = trained
    assert (settings.name, folder, as_json) == ("quickstart", tmp_path / "run", True)
