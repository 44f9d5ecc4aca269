"""The trainer's process: ours whatever lies where it is started, gone with its parent, and asked why it ended."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tpo.trainer.jobs import job, put_decoys
from tpobench.tpo.trainer.process import reason_in, run_trainer


@pytest.mark.parametrize("pythonpath", ["", ":"])
def test_the_trainer_is_ours_whatever_lies_where_it_is_started(
    pythonpath: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_decoys(tmp_path)
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('a decoy')")
    monkeypatch.setenv("PYTHONPATH", pythonpath)  # an empty part is the folder that Python is started in
    monkeypatch.chdir(tmp_path)
    returncode, _ = run_trainer(tmp_path / "missing.json", None, tmp_path / "log", lambda *_: None)
    assert returncode == 1
    assert reason_in(tmp_path / "log", 1).startswith("FileNotFoundError")  # it has come as far as to read the job


@pytest.mark.parametrize(
    ("log", "returncode", "reason"),
    [
        ("OSError: [Errno 28] No space left on device", 1, "no space left on the disk that holds"),
        ("SafetensorError: I/O error: No space left on device (os error 28)", 1, "no space left"),
        ("RuntimeError: [enforce fail at inline_container.cc:672] . unexpected pos 5120 vs 5012", 1, "no space left"),
        ("", -9, "the trainer was killed"),
        ("traceback\nSignal 9 (SIGKILL) received by PID 7\n", 1, "the trainer was killed"),
        ("ValueError: one\nKeyError: two\na closing word", 1, "KeyError: two"),
        ("ValueError: one\ntorch.distributed.elastic.errors.ChildFailedError:\n====\n", 1, "ValueError: one"),
        ("", 3, "exit status 3 without an error message"),
    ],
)
def test_the_reason_is_read_from_the_log(log: str, returncode: int, reason: str, tmp_path: Path) -> None:
    (tmp_path / "c.log").write_text(log)
    assert reason_in(tmp_path / "c.log", returncode).startswith(reason)


def test_the_trainer_does_not_outlive_its_parent(tiny_model: Path, tmp_path: Path) -> None:
    output = tmp_path / "c"
    code = (
        "import json, sys; from tpobench.tpo.trainer.run import *; j = TrainJob(**json.loads(sys.argv[1]));"
        "run_job(j, json.loads(sys.argv[2]), lambda *_: print('step', flush=True))"
    )
    long_job = json.dumps(vars(job(tiny_model, output, method="sft", epochs=5000)))
    rows = json.dumps([{"messages": [{"role": "user", "content": "Say hi."}], "completion": "hi there"}])
    parent = subprocess.Popen([sys.executable, "-c", code, long_job, rows], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "step\n"
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    deadline = time.monotonic() + 20
    while _trainer_runs(output) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not _trainer_runs(output)


def _trainer_runs(output: Path) -> bool:
    import psutil

    wanted = f"{output}.job.json"
    return any(wanted in (process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"]))
