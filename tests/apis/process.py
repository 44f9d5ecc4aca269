"""Servers for tests run in processes of their own; each prints its base URL first, and ends when its parent does."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(script: str, *arguments: object) -> Iterator[str]:
    """Start a script of this folder and yield the base URL that it prints."""
    command = [sys.executable, str(Path(__file__).with_name(script)), *map(str, arguments)]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http"), f"{script} did not start"
        yield url
    finally:
        process.kill()
        process.communicate()


def end_with_parent() -> None:
    """Leave as soon as standard input closes, which it does even when the parent is killed."""

    def watch() -> None:
        sys.stdin.buffer.read()
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
