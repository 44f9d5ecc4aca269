"""A command on a terminal, whose words can be waited for while it runs."""

import os
import pty
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic


@dataclass
class Terminal:
    """The process, and what it has written on its terminal so far."""

    process: "subprocess.Popen[bytes]"
    descriptor: int
    seen: str = ""

    def wait_for(self, text: str, seconds: float = 60) -> None:
        """Read until this stands on the terminal."""
        until = monotonic() + seconds
        while text not in self.seen:
            assert monotonic() < until, f"{text!r} did not come: {self.seen!r}"
            if select.select([self.descriptor], [], [], 0.2)[0] and not self._read():
                raise AssertionError(f"{text!r} did not come before the end: {self.seen!r}")

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(60)

    def _read(self) -> bool:
        part = b""
        with suppress(OSError):  # Linux' way to say that the other end is closed
            part = os.read(self.descriptor, 65_536)
        self.seen += part.decode("utf-8", "replace").replace("\r\n", "\n")
        return bool(part)


@contextmanager
def on_terminal(*arguments: str | Path, cwd: Path) -> Iterator[Terminal]:
    """Run a command with a terminal as its output."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from tpobench.cli import main; main()", *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, cwd=cwd)
    os.close(theirs)
    try:
        yield Terminal(process, ours)
    finally:
        process.kill()
        process.wait()
        os.close(ours)
