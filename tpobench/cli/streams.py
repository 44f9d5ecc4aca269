"""Standard output and error of a command. What becomes of them changes no decision: a reader that has gone, a full
disk, a closed descriptor, a console that cannot show a character."""

import errno
import io
import os
import select
import sys
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


def _guarded(name: str, stream: io.TextIOWrapper) -> io.TextIOWrapper:
    stream.flush()
    outlet = _outlets[name] = _Outlet(stream.fileno())
    return io.TextIOWrapper(
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
