"""The command line as a user meets it: real processes, exit codes, one sentence on bad input."""

import json
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import pytest

from tests.cli.command import refused, tpobench
from tpobench.cli.errors import sentence_of
from tpobench.harness.errors import StoreLacks
from tpobench.harness.records import Prompt
from tpobench.harness.store.database import no_store
from tpobench.harness.store.schema import SCHEMA_VERSION
from tpobench.harness.store.store import Store

CONFIG = Path(__file__).parents[2] / "tpo" / "quickstart.yaml"


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


@pytest.mark.parametrize("command", ["eval", "plan"])
@pytest.mark.parametrize(
    "option",
    [
        ["--split", "test"],
        ["--judge", "ste"],
        ["--judge-model", "m"],
        ["--baseline", "b"],
        ["--orders", "one"],
        ["--per-category", "500"],
        ["--temperature", "0.8"],
        ["--retry-missing"],
    ],
    ids=lambda option: option[0],
)
def test_an_option_without_effect_on_lm_evals_tasks_is_refused(command: str, option: list[str], tmp_path: Path) -> None:
    """Also where it is given with its default: the user means something by it."""
    told = refused(command, "--model", "m@http://127.0.0.1:9/v1", "--benchmark", "lm_eval:gsm8k", *option, cwd=tmp_path)
    assert f"{option[0]} has no effect with --benchmark lm_eval:gsm8k" in told


def test_several_options_without_effect_are_named_together(tmp_path: Path) -> None:
    told = refused("plan", "--benchmark", "lm_eval:gsm8k", "--orders", "both", "--judge", "ste", cwd=tmp_path)
    assert "--judge and --orders have no effect" in told


def test_lm_evals_tasks_have_no_judge_to_check(tmp_path: Path) -> None:
    told = refused("judge", "check", "--model", "m", "--benchmark", "lm_eval:gsm8k", "--judge", "ste", cwd=tmp_path)
    assert "lm-eval scores lm_eval:gsm8k by itself: there is no judge to check" in told


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("samples: 4", "sample: 4", "unknown key 'sample'; did you mean 'samples'?"),
        ("samples: 4", "samples: four", "'samples' is 'four'"),
        ("samples: 4", "samples: 1", "'samples' is 1"),
        ("iterations: 1", "iterations: 9", "need 216, but the source starter has 140"),
        ("{beta: 0.1,", "{betta: 0.1,", "unknown key 'training.betta'; did you mean 'beta'?"),
        ("margin: 0.05", "margin: -0.05", "'gate.head_to_head.margin' is -0.05"),
        ("judge: {name: checklist}", "judge: {name: gpt}", "unknown judge 'gpt'"),
        ("name: quickstart", "name: [", "is not valid YAML"),
    ],
)
def test_a_config_with_a_mistake_is_refused_before_anything_runs(
    old: str, new: str, problem: str, tmp_path: Path
) -> None:
    text = CONFIG.read_text()
    assert old in text
    (tmp_path / "c.yaml").write_text(text.replace(old, new))
    assert problem in refused("train", "c.yaml", cwd=tmp_path)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "holds no prompts"),
        ("\n \n", "holds no prompts"),
        ('{"prompt": "a"}\n{"prompt": ', "p.jsonl:2 is not valid JSON"),
        ('{"text": "a"}', "p.jsonl:1 has no text under the key 'prompt'"),
        ('{"prompt": "a", "checks": [{"contain": "b"}]}', "unknown check 'contain'"),
    ],
)
def test_a_bad_prompt_file_is_refused_with_its_line(content: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(content)
    assert problem in refused("sample", "p.jsonl", cwd=tmp_path)


def test_a_prompt_longer_than_the_context_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(json.dumps({"prompt": "word " * 900}))
    message = refused("sample", "p.jsonl", "--model", tiny_model, "--max-new-tokens", "8", cwd=tmp_path)
    assert "over the model's context of 512" in message


def test_a_model_folder_with_a_missing_file_is_refused(tiny_model: Path, tmp_path: Path) -> None:
    for file in tiny_model.iterdir():
        if file.name != "tokenizer.json":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    assert "has no tokenizer.json" in refused("chat", "Hi", "--model", tmp_path, cwd=tmp_path)


def test_foreign_and_newer_stores_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.duckdb").write_text("not a database " * 100)
    assert "is not a DuckDB file" in refused("sql", "SELECT 1", "--store", "text.duckdb", cwd=tmp_path)
    with duckdb.connect(str(tmp_path / "other.duckdb")) as other:
        other.execute("CREATE TABLE t (i INTEGER)")
    assert "not a tpobench store" in refused("sql", "SELECT 1", "--store", "other.duckdb", cwd=tmp_path)
    with Store(tmp_path / "newer.duckdb") as store:
        store.sql(f"UPDATE store_version SET version = {SCHEMA_VERSION + 1}")
    assert "newer tpobench" in refused("sql", "SELECT 1", "--store", "newer.duckdb", cwd=tmp_path)


def test_a_store_held_by_another_process_names_its_pid(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom tpobench.harness.store.store import Store\n"
        "with Store(sys.argv[1]): print(flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code, tmp_path / "s.duckdb"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        message = refused("sql", "SELECT 1", "--store", "s.duckdb", cwd=tmp_path)
        assert f"process {holder.pid}" in message
    finally:
        holder.kill()


def test_sql_reads_and_does_not_write(tmp_path: Path) -> None:
    with Store(tmp_path / "s.duckdb"):
        pass
    done = tpobench("sql", "SELECT count(*) AS n FROM output", "--store", "s.duckdb", "--json", cwd=tmp_path)
    assert json.loads(done.stdout) == [{"n": 0}]
    assert "the query fails" in refused("sql", "DELETE FROM output", "--store", "s.duckdb", cwd=tmp_path)
    assert "the query fails" in refused("sql", "SELEC 1", "--store", "s.duckdb", cwd=tmp_path)


def store_at(path: Path, prompt: str = "") -> Path:
    with Store(path) as store:
        store.add_prompts([Prompt(prompt)] if prompt else [])
    return path


READERS = [
    ["compare", "thought/1", "direct/1"],
    ["sql", "SELECT 1"],
    ["report"],
    ["gate", "policy.yaml", "--candidate", "thought/1"],
    ["gate", "ledger", "assistant"],
    ["champion", "history"],
    ["leaderboard"],
    ["export", "lm_eval", "--model", "m"],
]


@pytest.mark.parametrize("command", READERS)
def test_every_command_reads_one_default_store_and_is_told_of_a_runs_own(command: list[str], tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("head_to_head: {margin: 0.05}\n")
    assert "there is no results store at tpobench-runs/store.duckdb; name an existing" in refused(
        *command, cwd=tmp_path
    )
    store_at(tmp_path / "tpobench-runs" / "quickstart" / "store.duckdb")
    said = refused(*command, cwd=tmp_path)
    assert "store at tpobench-runs/store.duckdb; did you mean --store tpobench-runs/quickstart/store.duckdb?" in said
    assert not (tmp_path / "tpobench-runs" / "store.duckdb").exists(), "reading makes no store"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["compare", "a", "b"], "holds no model 'a'; known: none; did you mean"),
        (["report"], "holds no judgments yet; did you mean"),
        (["gate", "policy.yaml", "--candidate", "thought/1"], "holds no run yet; did you mean"),
        (
            ["gate", "policy.yaml", "--candidate", "a", "--against", "b"],
            "has no evaluation of 'a'; known: none; did you",
        ),
        (["champion", "show"], "there is no champion in tpobench-runs/champion.json yet; did you mean"),
        (["champion", "rollback"], "there is no champion in tpobench-runs/champion.json yet; did you mean"),
        (["leaderboard"], "holds no evaluation; did you mean"),
    ],
)
def test_a_default_store_without_what_was_asked_points_to_a_runs_own(
    command: list[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "policy.yaml").write_text("head_to_head: {margin: 0.05}\n")
    store_at(tmp_path / "tpobench-runs" / "store.duckdb")
    store_at(tmp_path / "tpobench-runs" / "quickstart" / "store.duckdb")
    sentence = refused(*command, cwd=tmp_path)
    assert said in sentence
    assert sentence.endswith("--store tpobench-runs/quickstart/store.duckdb?\n")


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


def test_the_store_is_the_options_else_the_environments_else_the_default(tmp_path: Path) -> None:
    for name in ("option", "environment", "tpobench-runs/store"):
        store_at(tmp_path / f"{name}.duckdb", name)

    def read(*option: str, store: str = "") -> str:
        done = tpobench("sql", "SELECT text FROM prompt", "--json", *option, cwd=tmp_path, store=store)
        return str(json.loads(done.stdout)[0]["text"])

    assert read("--store", "option.duckdb", store="environment.duckdb") == "option"
    assert read(store="environment.duckdb") == "environment"
    assert read(store="") == "tpobench-runs/store"
    assert "no results store at absent.duckdb" in refused("sql", "SELECT 1", cwd=tmp_path, store="absent.duckdb")


def test_a_report_is_of_the_option_else_the_folder_else_the_default_store(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()

    def asked(*arguments: str) -> str:
        return refused("report", *arguments, cwd=tmp_path, store="environment.duckdb")

    assert "no results store at option.duckdb" in asked("folder", "--store", "option.duckdb")
    assert "no results store at folder/store.duckdb" in asked("folder")
    assert "no results store at environment.duckdb" in asked()


def test_sampling_twice_samples_once(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "One?"}\n{"prompt": "Two?"}')
    arguments = ["sample", "p.jsonl", "--model", tiny_model, "-k", "3", "--max-new-tokens", "4", "--store", "s.duckdb"]
    assert "6 outputs sampled, 0 were there" in tpobench(*arguments, cwd=tmp_path).stdout
    assert "0 outputs sampled, 6 were there" in tpobench(*arguments, cwd=tmp_path).stdout
    arguments[5] = "4"
    assert "2 outputs sampled, 6 were there" in tpobench(*arguments, cwd=tmp_path).stdout


def test_ctrl_c_exits_with_130_and_loses_nothing(seed_folder: Path, tmp_path: Path) -> None:
    import signal

    rows = [json.dumps({"prompt": f"Tell a story about the number {n}."}) for n in range(64)]
    (tmp_path / "p.jsonl").write_text("\n".join(rows))
    command = [
        sys.executable,
        "-c",
        "from tpobench.cli import main; main()",
        "sample",
        "p.jsonl",
        "--store",
        "s.duckdb",
    ]
    with (tmp_path / "err").open("w") as log:
        # A shell's background job ignores Ctrl-C, and so would its children.
        heeds = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
        process = subprocess.Popen(command, cwd=tmp_path, stdout=log, stderr=log, preexec_fn=heeds)
        time.sleep(25)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert "interrupted" in (tmp_path / "err").read_text()
    with Store(tmp_path / "s.duckdb") as store:
        assert store.row_counts()["prompt"] == 64
