"""Commands that take any model take a server, too."""

import json
from pathlib import Path

from tests.apis.stub import stub_server
from tests.cli.command import tpobench


def test_a_server_is_asked_a_question(tmp_path: Path) -> None:
    with stub_server() as url:
        done = tpobench("chat", "Hi", "--model", f"stub@{url}", "--json", cwd=tmp_path)
    assert json.loads(done.stdout)["response"] in ("m", "M"), done.stderr


def test_a_servers_outputs_are_sampled_into_the_store_once(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "One?"}\n{"prompt": "Two?"}')
    with stub_server() as url:
        command = ["sample", "p.jsonl", "--model", f"stub@{url}", "-k", "2", "--store", "s.duckdb"]
        assert "4 outputs sampled, 0 were there" in tpobench(*command, cwd=tmp_path).stdout
        assert "0 outputs sampled, 4 were there" in tpobench(*command, cwd=tmp_path).stdout
