"""Nothing is silent for long: a terminal is told within a second that a command works, and with what; a log gets a line
once work takes long, and one a minute."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from tpobench.cli.streams import Filtered, last_output

TERMINAL_AFTER = 0.7
"""Seconds of silence after which a terminal is told; short enough to be seen within a second."""

LOG_AFTER, LOG_AFTER_WITHOUT_PHASE, LOG_EVERY = 5.0, 30.0, 55.0
"""Seconds until a log gets its first line, where a phase such as sampling runs or none does, and between lines."""


@contextmanager
def told() -> Iterator[None]:
    """While it lasts, another thread tells what the command does whenever nothing else was printed for a while."""
    stream = sys.stderr
    if not isinstance(stream, Filtered):
        yield
        return
    over = threading.Event()
    teller = threading.Thread(target=_tell, args=(stream, over), daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join(timeout=1.0)
        stream.show_transient("")


def _tell(stream: Filtered, over: threading.Event) -> None:
    started, lines = monotonic(), 0
    shows_line = stream.isatty()
    while not over.wait(0.25):
        silent, elapsed = monotonic() - max(last_output(), started), monotonic() - started
        if shows_line:
            if silent > TERMINAL_AFTER:
                stream.show_transient(f"tpobench: {_activity()}, {elapsed:.0f} s")
            continue
        wait = LOG_EVERY if lines else LOG_AFTER if _phase() else LOG_AFTER_WITHOUT_PHASE
        if silent > wait:
            lines += 1
            print(f"tpobench: {_activity()}, {elapsed:,.0f} s", file=stream, flush=True)


def _activity() -> str:
    return _phase() or "working"


def _phase() -> str:
    """What the command's progress says; nothing is imported for it, as the command may be importing."""
    phase = getattr(sys.modules.get("tpobench.harness.progress"), "current_phase", None)
    return "" if phase is None else str(phase())
