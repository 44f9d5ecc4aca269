"""Standard output and error of a command. What becomes of them changes no decision: a reader that has gone, a full
disk, a closed descriptor, a console that cannot show a character."""

import errno
import io
import os
import select
import sys
from collections.abc import Iterable
from time import monotonic
from typing import Any


class _Outlet(io.RawIOBase):
    """A descriptor whose first error is kept, not raised; what is written after it goes nowhere."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self.error: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def write(self, data: Any) -> int:
        while self.error is None:
            try:
                return os.write(self._descriptor, data)
            except BlockingIOError:  # the other end made it so
                select.select([], [self._descriptor], [])
            except OSError as error:
                self.error = error
        return len(memoryview(data).cast("B"))


class Filtered(io.TextIOWrapper):
    """What is printed, with hostile text defused: see `tpobench.harness.escaping`. What a console has rendered goes
    out through `rendered`, where its colours stay; what is meant as a command to a CI's runner through `command`."""

    def __init__(self, buffer: Any, **settings: Any) -> None:
        super().__init__(buffer, **settings)
        self.rendered = _Rendered(self)
        self._transient = ""
        self._begins_line = True
        self._in_ci = any(os.environ.get(name) for name in ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"))

    def write(self, text: str) -> int:
        from tpobench.harness.escaping import spelled_out

        self.pass_on(spelled_out(text.replace("\r\n", "\n").replace("\r", "\n")))
        return len(text)

    def pass_on(self, text: str) -> None:
        """Write what has been cleaned of characters; in a CI it holds no command."""
        if self._in_ci:
            from tpobench.harness.escaping import without_commands

            text = without_commands(text, self._begins_line)
        if text:
            _clear_transients()
            _output["last"] = monotonic()
            self._begins_line = not text.rpartition("\n")[2].strip()
        super().write(text)

    def show_transient(self, line: str) -> None:
        """Show a line that the next output replaces, where the cursor stands at the beginning of one; empty: none."""
        if not self._transient and (not line or not all(stream.begins_line for stream in _filtered())):
            return
        self._transient = line[:TRANSIENT]
        super().write(f"\r\x1b[2K{self._transient}")
        self.flush()

    @property
    def begins_line(self) -> bool:
        """Whether the next character begins a line."""
        return self._begins_line

    def command(self, line: str) -> None:
        """Write a line for the runner."""
        super().write(f"{line}\n")
        self._begins_line = True


class _Rendered:
    """The way out of a console of rich."""

    def __init__(self, stream: Filtered) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        self._stream.pass_on(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


TRANSIENT = 79
"""Characters of a line that is replaced: one that the terminal breaks could not be."""

_output = {"last": 0.0}


def last_output() -> float:
    """When something was printed last, on the clock of `time.monotonic`; 0 where nothing was."""
    return _output["last"]


def _filtered() -> list[Filtered]:
    return [stream for stream in (sys.stdout, sys.stderr) if isinstance(stream, Filtered)]


def _clear_transients() -> None:
    for stream in _filtered():
        stream.show_transient("")


_outlets: dict[str, _Outlet] = {}


def guard() -> None:
    """From now on no write to standard output or error raises, and the interpreter's own last flush cannot fail.
    A character that the console cannot show is written as its escape. Closed descriptors are opened on nothing, so that
    no file of ours takes their number."""
    for descriptor, name in ((0, "stdin"), (1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            _open_on_nothing(descriptor, name)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if getattr(sys, f"__{name}__") is stream and isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _guarded(name, stream))


def lost_output() -> str | None:
    """Why standard output could not be written, said once; None where all went out, or nobody reads it any more."""
    outlet = _outlets.get("stdout")
    sys.stdout.flush()
    if outlet is None or outlet.error is None or outlet.error.errno == errno.EPIPE:
        return None
    problem, outlet.error = outlet.error.strerror, OSError(errno.EPIPE, "")
    return problem


def print_commands(lines: Iterable[str]) -> None:
    """Print lines that a CI's runner is to obey."""
    write = sys.stdout.command if isinstance(sys.stdout, Filtered) else print
    for line in lines:
        write(line)


def _guarded(name: str, stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    outlet = _outlets[name] = _Outlet(stream.fileno())
    return Filtered(
        io.BufferedWriter(outlet),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=name == "stderr" or outlet.isatty() or stream.write_through,
    )


def _open_on_nothing(descriptor: int, name: str) -> None:
    opened = os.open(os.devnull, os.O_RDWR)
    try:
        os.fstat(descriptor)
    except OSError:
        os.dup2(opened, descriptor)
    setattr(sys, name, open(opened, "r" if name == "stdin" else "w", encoding="utf-8"))  # noqa: SIM115
