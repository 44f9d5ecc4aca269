"""What goes wrong is one sentence with what to do next."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from tests.cli.command import refused
from tests.cli.options.test_store import store_at
from tpobench import cli
from tpobench.cli import commands
from tpobench.cli.errors import sentence_of
from tpobench.harness.errors import StoreLacks
from tpobench.harness.store.opening import no_store


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


@pytest.mark.parametrize("code", [0, 1, None, "stopped"])
def test_another_packages_exit_is_not_the_exit_code_of_a_decision(
    code: int | str | None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "app", lambda standalone_mode: sys.exit(code))
    assert code_of_main() == 2
    assert "another package ended the command" in capsys.readouterr().err


class Panic(BaseException):
    """As libraries that are written in Rust raise it."""


@pytest.mark.parametrize("error", [Panic("x"), ImportError("no y", name="y.z"), RecursionError(), typer.Abort()])
@pytest.mark.parametrize("debug", [False, True])
def test_nothing_that_goes_wrong_looks_like_a_fail(
    error: BaseException, debug: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def raising(standalone_mode: bool) -> None:
        raise error

    monkeypatch.setattr(commands, "app", raising)
    monkeypatch.setattr(sys, "argv", ["tpobench", *(["--debug"] if debug else [])])
    assert code_of_main() == 2
    assert "tpobench: " in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["typer", "yaml", "rich/__init__", "tpobench/harness/errors"])
def test_a_package_that_is_missing_or_broken_is_one_sentence(missing: str, tmp_path: Path) -> None:
    decoy = tmp_path / f"{missing}.py"
    decoy.parent.mkdir(parents=True, exist_ok=True)
    decoy.write_text("import absent_package")
    if missing.startswith("tpobench"):
        code = f"import sys; sys.modules['{missing.replace('/', '.')}'] = None\nfrom tpobench.cli import main; main()"
    else:
        code = "from tpobench.cli import main; main()"
    (tmp_path / "run.yaml").write_text("{}")
    command = [sys.executable, "-c", code, "train", "run.yaml", "--dry-run"]
    env = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{Path(__file__).parents[2]}"}
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
    assert done.stderr.startswith("tpobench: ")


def code_of_main() -> object:
    with pytest.raises(SystemExit) as ended:
        cli.main()
    return ended.value.code


SITUATIONS = [
    ("mkdir gone && cd gone && rmdir ../gone", ["leaderboard"], "the current folder does not exist any more"),
    ("export TPOBENCH_CACHE=/proc", ["chat", "Hi"], "which cannot be written"),
    ("export TPOBENCH_CACHE=/dev/null/x", ["chat", "Hi"], "which cannot be written"),
    ("true", ["plan", "--benchmark", "$(printf '\\377.jsonl')"], "is not text in UTF-8"),
    ("true", ["plan", "--model", "x" * 5000], "name a shorter path"),
    ("true", ["plan", "--benchmark", "x" * 5000], "name a shorter path"),
    ("true", ["plan", "--model", "[/red]"], "neither a folder, a hub id"),
    ("echo 3 > status.json", ["status", "status.json"], "holds no run yet"),
    ("echo 3 > status.json", ["status", "."], "status.json cannot be read"),
    ("echo '{}' > s.json", ["leaderboard", "--store", "s.json"], "is not a DuckDB file"),
]


@pytest.mark.parametrize(("before", "arguments", "said"), SITUATIONS, ids=lambda value: str(value)[:30])
def test_the_users_fault_is_not_a_fault_of_the_program(
    before: str, arguments: list[str], said: str, tmp_path: Path
) -> None:
    words = " ".join(f'"{word}"' for word in arguments)
    script = f'{before} && "{sys.executable}" -c "from tpobench.cli import main; main()" {words}'
    env = os.environ | {"TPOBENCH_STORE": "", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=tmp_path, env=env, timeout=60)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENAMETOOLONG, "File name too long", "x" * 5000), "name a shorter path"),
        (PermissionError(errno.EACCES, "Permission denied", "a"), "Permission denied (a); change the permissions"),
        (OSError(errno.EMFILE, "Too many open files"), "raise the limit with ulimit -n"),
        (MemoryError(), "too little memory"),
        (RecursionError(), "nested too deep"),
    ],
)
def test_what_the_system_refuses_is_told_with_what_to_do(error: Exception, said: str) -> None:
    sentence = sentence_of(error)
    assert said in sentence
    assert len(sentence) < 500
