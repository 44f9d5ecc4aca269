"""A command that takes long says that it works."""

import os
import pty
import subprocess
import sys

WORK = """
import time
from tpobench.cli import signs_of_life, streams
from tpobench.harness.progress import Progress
streams.guard()
signs_of_life.LOG_AFTER, signs_of_life.LOG_AFTER_WITHOUT_PHASE, signs_of_life.LOG_EVERY = 0.3, 0.6, 0.5
with signs_of_life.told():
    time.sleep(1.5)
    with Progress().working("[/model]", "loading"):
        time.sleep(1.2)
    print("done")
"""


def test_a_log_gets_a_line_now_and_then_and_standard_output_the_result() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, timeout=60)
    assert done.stdout == "done\n"
    lines = done.stderr.splitlines()
    assert lines[0] == "tpobench: working, 1 s"
    assert "tpobench: [/model]: loading, 2 s" in lines or "tpobench: [/model]: loading, 3 s" in lines
    assert len(lines) < 8


def test_a_terminal_has_one_line_that_the_result_replaces() -> None:
    ours, theirs = pty.openpty()
    work = WORK.replace('with Progress().working("[/model]", "loading"):\n        time.sleep(1.2)', "pass")
    done = subprocess.run([sys.executable, "-c", work], stdout=subprocess.PIPE, stderr=theirs, text=True, timeout=60)
    os.close(theirs)
    told = os.read(ours, 10_000).decode()
    assert "tpobench: working, 1 s" in told
    assert told.count("\n") == 0
    assert told.endswith("\r\x1b[2K"), "nothing of it is left"
    assert done.stdout == "done\n"
