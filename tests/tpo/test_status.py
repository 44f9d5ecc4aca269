"""Where a run stands, from the file that it keeps beside its store."""

from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.tpo.status import read_status, write_status


def states(folder: Path) -> list[str]:
    return [step.state for step in read_status(folder)]


def test_a_step_is_running_while_its_process_is_alive_and_interrupted_afterwards(tmp_path: Path) -> None:
    write_status(tmp_path, ["a", "b", "c"], {"a": 2.0}, "b")
    assert states(tmp_path) == ["done", "running", "waiting"]
    file = tmp_path / "status.json"
    file.write_text(file.read_text().replace('"pid": ', '"pid": 99999999'))
    assert states(tmp_path) == ["done", "interrupted", "waiting"]


def test_the_configurations_steps_replace_those_of_the_last_start(tmp_path: Path) -> None:
    write_status(tmp_path, ["a", "b"], {"a": 2.0}, None)
    assert [(step.name, step.state) for step in read_status(tmp_path, ["a", "d"])] == [("a", "done"), ("d", "waiting")]


def test_a_folder_without_a_run_is_refused_unless_its_steps_are_known(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no run yet"):
        read_status(tmp_path / "nowhere")
    assert [step.state for step in read_status(tmp_path / "nowhere", ["a"])] == ["waiting"]
