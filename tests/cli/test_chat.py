"""tpobench chat as a user types it."""

import json
from pathlib import Path

from tests.apis.stub import stub_server
from tests.cli.command import refused, tpobench


def test_a_server_is_asked_a_question(tmp_path: Path) -> None:
    with stub_server() as url:
        done = tpobench("chat", "Hi", "--model", f"stub@{url}", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["response"] in ("m", "M"), done.stderr


def test_a_model_folder_with_a_missing_file_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    for file in tiny_model.iterdir():
        if file.name != "tokenizer.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert "has no tokenizer.json" in refused("chat", "Hi", "--model", tmp_path, cwd=tmp_path)


def test_no_response_is_not_the_exit_code_of_a_failed_gate(tmp_path: Path) -> None:
    with stub_server() as url:
        done = tpobench("chat", "Hi", "--model", f"stub@{url}", "--mode", "think:generic", cwd=tmp_path)
    assert "no response in" in done.stderr
    assert done.returncode == 2
