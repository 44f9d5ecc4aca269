"""Keys and passwords are kept out of whatever is stored or shown."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness.store.test_journal import journal_of, judgment
from tpobench.harness.secrets import without_secrets
from tpobench.harness.store.runs import run_with_key
from tpobench.harness.store.store import Store

KEY = "k3y" * 8


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("vllm serve {model} --api-key abc123 --port {port}", "vllm serve {model} --api-key [secret] --port {port}"),
        ("vllm serve {model} --api-key=abc123", "vllm serve {model} --api-key=[secret]"),
        ("HF_TOKEN=hf_x1y2 serve {model}", "HF_TOKEN=[secret] serve {model}"),
        ("env OPENAI_API_KEY='abc def' serve", "env OPENAI_API_KEY=[secret] serve"),
        ("serve --hf-token abcdefgh", "serve --hf-token [secret]"),
        ("curl -H 'Authorization: Bearer abcdefghij'", "curl -H 'Authorization: Bearer [secret]'"),
        ("serve --hub https://me:pass@host/v1", "serve --hub https://[secret]@host/v1"),
        ("serve sk-proj-abcdefghijklmnopqrst", "serve [secret]"),
        ("serve --api-key $KEY --max-tokens 4096", "serve --api-key $KEY --max-tokens 4096"),
        ("serve --tokenizer folder/name --token-limit 4096", "serve --tokenizer folder/name --token-limit 4096"),
        ("say the password is wrong, token by token", "say the password is wrong, token by token"),
        ("serve {model} --served-model-name {name}", "serve {model} --served-model-name {name}"),
    ],
)
def test_a_secret_in_a_command_is_hidden(text: str, kept: str) -> None:
    assert without_secrets(text) == kept


def test_a_secret_in_settings_is_hidden_and_the_rest_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", KEY)
    settings: dict[str, Any] = {
        "api_key": "x",
        "max_tokens": 7,
        "list": [f"a {KEY}"],
        "token": "",
        "key": "v",
        "n": 1.5,
    }
    hidden = {"api_key": "[secret]", "max_tokens": 7, "list": ["a [secret]"], "token": "", "key": "v", "n": 1.5}
    assert without_secrets(settings) == hidden


def test_no_key_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    path = tmp_path / "s.duckdb"
    command = "serve {model} --api-key other-secret --port {port}"
    with Store(path) as store:
        store.add_run("r", "run", {"serving": {"command": command}}, {"HF_TOKEN": "other-secret"})
        store.add_judgments([judgment("a", raw=f"the server says: bad key {KEY}")])
        assert KEY not in journal_of(path).read_text()
        run = run_with_key(store, "r")
        assert run.config == {"serving": {"command": "serve {model} --api-key [secret] --port {port}"}}
        assert run.provenance == {"HF_TOKEN": "[secret]"}
        assert store.sql("SELECT raw_text FROM judgment")[1] == [("the server says: bad key [secret]",)]
    assert KEY.encode() not in path.read_bytes()


def test_a_key_that_a_store_of_before_holds_is_not_shown(tmp_path: Path) -> None:
    with Store(tmp_path / "s.duckdb") as store:
        config = json.dumps({"serving": {"command": "serve --api-key other-secret"}})
        store._insert_values("run", ["run_key", "name", "config", "provenance"], [["r", "run", config, "{}"]])
        assert run_with_key(store, "r").config == {"serving": {"command": "serve --api-key [secret]"}}
