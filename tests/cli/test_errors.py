"""What goes wrong is one sentence with what to do next."""

import sys
from pathlib import Path

import pytest

from tests.cli.command import refused
from tests.cli.options.test_store import store_at
from tpobench.cli.errors import sentence_of
from tpobench.harness.errors import StoreLacks
from tpobench.harness.store.database import no_store


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["chat", "Hi", "--model", "smollm2-135"], "did you mean 'smollm2-135m'?"),
        (["chat", "Hi", "--mode", "think:genric"], "did you mean 'think:generic'?"),
        (["chat", "Hi", "--mode", "dirct"], "did you mean 'direct'?"),
        (["chat", "Hi", "--mode", "think:absent.yaml"], "there is no file absent.yaml"),
        (["eval", "--model", "smollm2-135m", "--benchmark", "startr"], "did you mean 'starter'?"),
        (["eval", "--model", "smollm2-135m", "--judge", "checklst"], "did you mean 'checklist'?"),
        (["eval", "--model", "smollm2-135m", "--split", "tests"], "did you mean 'test'?"),
        (["train", "absent.yaml"], "there is no file absent.yaml"),
        (["sql", "SELECT 1", "--store", "absent.duckdb"], "there is no results store at absent.duckdb"),
        (["sample", "absent.jsonl"], "cannot be read"),
    ],
)
def test_unknown_names_are_refused_with_a_hint(arguments: list[str], hint: str, tmp_path: Path) -> None:
    assert hint in refused(*arguments, cwd=tmp_path)


def test_another_store_is_named_only_where_it_must_be_the_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TPOBENCH_STORE", raising=False)
    lacks = StoreLacks(Path("tpobench-runs/store.duckdb"), "it holds no 'evn'; did you mean 'even'?")
    assert sentence_of(lacks) == "it holds no 'evn'; did you mean 'even'?"
    store_at(Path("tpobench-runs/quickstart/store.duckdb"))
    another = "--store tpobench-runs/quickstart/store.duckdb?"
    assert sentence_of(lacks) == f"it holds no 'evn'; did you mean 'even', or {another}"
    assert sentence_of(no_store(Path("tpobench-runs/store.duckdb"))).endswith(f"store.duckdb; did you mean {another}")
    assert another not in sentence_of(no_store(Path("named.duckdb"))), "the user has named it"
    store_at(Path("tpobench-runs/second/store.duckdb"))
    assert another not in sentence_of(lacks), "there are two"


def test_another_packages_exit_is_not_the_exit_code_of_a_decision(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from tpobench import cli

    monkeypatch.setattr(cli, "app", lambda: sys.exit(0))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "another package ended the command" in capsys.readouterr().err
