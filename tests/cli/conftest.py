"""A server that samples and judges, and prompts of two categories with answers of another model."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apis.stub import stub_server


@pytest.fixture(scope="session")
def api() -> Iterator[str]:
    """The name of a model that a server of the tests answers for."""
    with stub_server() as url:
        yield f"stub@{url}"


@pytest.fixture
def prompts(tmp_path: Path) -> Path:
    path = tmp_path / "p.jsonl"
    path.write_text("".join(json.dumps({"prompt": f"p{n}", "category": "xy"[n % 2]}) + "\n" for n in range(12)))
    return path


@pytest.fixture
def compared(api: str, prompts: Path, tmp_path: Path) -> list[str]:
    """The options of an evaluation by categories: the server's model against the answers in a file."""
    rows = [{"instruction": f"p{n}", "output": f"their answer {n}"} for n in range(12)]
    (tmp_path / "theirs.json").write_text(json.dumps(rows))
    options = ["--model", api, "--benchmark", f"categories:{prompts}", "--judge-model", api]
    return [*options, "--baseline", str(tmp_path / "theirs.json"), "--store", str(tmp_path / "s.duckdb")]
