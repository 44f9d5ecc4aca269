"""The trainer's process: how it is started, what it tells, and why it ended."""

import json
import os
import re
import shlex
import site
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import tpobench
from tpobench.tpo.trainer.job import JOB_PLACEHOLDER

OnProgress = Callable[[int, int, float], None]
"""Called with (optimizer steps done, of how many, loss)."""


def run_trainer(job_file: Path, launch: str | None, log_file: Path, on_progress: OnProgress) -> tuple[int, str | None]:
    """Run the trainer to its end.

    Returns its exit status, and the reason that it gave when it stopped by itself. Everything it writes is in the log.

    Its standard input is a pipe that is never written to: it closes when this process ends, however it ends, and every
    process of the trainer ends with it.
    """
    command, environment = _command(launch, str(job_file)), _environment()
    reason = None
    with log_file.open("w", encoding="utf-8") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            for line in process.stdout:
                log.write(line)
                if line.startswith('{"step"'):
                    event = json.loads(line)
                    on_progress(event["step"], event["of"], event["loss"])
                elif line.startswith('{"reason"'):
                    reason = json.loads(line)["reason"]
            process.wait()
        finally:
            process.stdin.close()
            process.kill()
            process.wait()
    return process.returncode, reason


def _command(launch: str | None, job_file: str) -> list[str]:
    trainer = ["-m", "tpobench.tpo.trainer", job_file]
    if launch is None:
        return [sys.executable, "-P", *trainer]
    if JOB_PLACEHOLDER in launch:
        return [part.replace(JOB_PLACEHOLDER, job_file) for part in shlex.split(launch)]
    return [sys.executable, "-P", "-m", "accelerate.commands.launch", "--config_file", launch, *trainer]


def _environment() -> dict[str, str]:
    """The environment variables of the trainer. It does not search the folder that it was started in, where a user's
    module could shadow one of ours or of a library's. So where this package is not installed, its folder is named.
    What the user put on PYTHONPATH stays, behind it; an empty part of it would be the folder again."""
    ours = Path(tpobench.__file__).resolve().parents[1]
    installed = ours in [Path(folder).resolve() for folder in (*site.getsitepackages(), site.getusersitepackages())]
    given = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    path = [*([] if installed else [str(ours)]), *given]
    return os.environ | {
        "TOKENIZERS_PARALLELISM": "false",
        "HF_HUB_OFFLINE": "1",
        "TQDM_DISABLE": "1",
        "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
        "PYTHONSAFEPATH": "1",
        "PYTHONPATH": os.pathsep.join(path),
    }


def no_space(log_file: Path) -> str:
    """The sentence for a full disk."""
    return f"no space left on the disk that holds {log_file.parent}; free some"


_RAISED = re.compile(r"^(?!torch\.distributed\.elastic|subprocess\.)[\w.]*(Error|Exception|Interrupt)\b.*")
"""The last line of a traceback. A launcher's own is left out: it says only that one of its processes failed."""


def reason_in(log_file: Path, returncode: int) -> str:
    """Why the trainer ended, as far as its log and exit status show; one sentence."""
    text = log_file.read_text(encoding="utf-8", errors="replace")
    # the last is what torch's writer says of a full disk
    if any(sign in text for sign in ("No space left on device", "os error 28", "enforce fail at inline_container")):
        return no_space(log_file)
    if returncode in (-9, 137) or "SIGKILL" in text:
        return "the trainer was killed (out of memory, most often); try a smaller batch_size"
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    raised = [line for line in lines if _RAISED.match(line)]
    return (raised or lines or [f"exit status {returncode} without an error message"])[-1]
