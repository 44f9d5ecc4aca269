"""tpobench sample as a user types it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.apis.stub import stub_server
from tests.cli.command import refused, tpobench
from tpobench.harness.store.store import Store


def test_sampling_twice_samples_once(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "One?"}\n{"prompt": "Two?"}')
    arguments = ["sample", "p.jsonl", "--model", tiny_model, "-k", "3", "--max-new-tokens", "4", "--store", "s.duckdb"]
    assert "6 outputs sampled, 0 were there" in tpobench(*arguments, cwd=tmp_path).stdout
    assert "0 outputs sampled, 6 were there" in tpobench(*arguments, cwd=tmp_path).stdout
    arguments[5] = "4"
    assert "2 outputs sampled, 6 were there" in tpobench(*arguments, cwd=tmp_path).stdout


def test_a_servers_outputs_are_sampled_into_the_store_once(tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text('{"prompt": "One?"}\n{"prompt": "Two?"}')
    with stub_server() as url:
        command = ["sample", "p.jsonl", "--model", f"stub@{url}", "-k", "2", "--store", "s.duckdb"]
        assert "4 outputs sampled, 0 were there" in tpobench(*command, cwd=tmp_path).stdout
        assert "0 outputs sampled, 4 were there" in tpobench(*command, cwd=tmp_path).stdout


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


def test_a_prompt_longer_than_the_context_is_no_answer_with_its_reason(tiny_model: Path, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(json.dumps({"prompt": "word " * 900}))
    done = tpobench("sample", "p.jsonl", "--model", tiny_model, "--max-new-tokens", "8", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "no answer (too long for the context): 1" in done.stdout


def wait_for_outputs(process: "subprocess.Popen[bytes]", written: Path, last_prompt: bytes) -> None:
    """The file of writes grows with the prompts, then not at all while the model loads, then with outputs."""
    with_prompts = 0
    while True:
        assert process.poll() is None, "it ended before outputs were stored"
        time.sleep(0.1)
        content = written.read_bytes() if written.exists() else b""
        if with_prompts and len(content) > with_prompts + 1000:
            return
        if not with_prompts and last_prompt in content:
            with_prompts = len(content)


def test_ctrl_c_exits_with_130_and_loses_nothing(seed_folder: Path, tmp_path: Path) -> None:
    rows = [json.dumps({"prompt": f"Tell a story about the number {n}."}) for n in range(512)]
    (tmp_path / "p.jsonl").write_text("\n".join(rows))
    command = ["-c", "from tpobench.cli import main; main()", "sample", "p.jsonl", "--max-new-tokens", "8"]
    with (tmp_path / "err").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *command, "--store", "s.duckdb"],
            cwd=tmp_path,
            stdout=log,
            stderr=log,
            # A shell's background job ignores Ctrl-C, and so would its children.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        wait_for_outputs(process, tmp_path / "s.duckdb.wal", b"the number 511.")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
    assert "interrupted" in (tmp_path / "err").read_text()
    with Store(tmp_path / "s.duckdb") as store:
        assert store.row_counts()["prompt"] == 512
        assert 0 < store.row_counts()["output"] < 512
