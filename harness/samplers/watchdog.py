"""Runs a command for as long as its standard input stays open: ``python watchdog.py SECONDS COMMAND ...``.

Whoever starts it holds the other end of the pipe. The pipe closes when they close it and also when they are killed, so
that a server never outlives them. The whole process group is then told to end, and killed after SECONDS. When the
command ends by itself, what it has left behind is killed too. Imports nothing of tpobench: it starts at once.
"""

import os
import select
import signal
import subprocess
import sys
import time


def main() -> None:
    grace, command = float(sys.argv[1]), sys.argv[2:]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the group's own signal is not for the one who sends it
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL)
        )
    except OSError as error:
        sys.exit(f"{command[0]}: {error.strerror}")
    while process.poll() is None:
        if select.select([sys.stdin], [], [], 0.2)[0]:
            os.killpg(0, signal.SIGTERM)
            deadline = time.monotonic() + grace
            while process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            break
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
