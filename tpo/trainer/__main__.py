"""The trainer's process: ``python -m tpobench.tpo.trainer JOB.json``, or the same under ``accelerate launch``.

A reason to stop that the user can do something about is told as a line of JSON on the standard output; the process
ends when its standard input does.
"""

import json
import os
import sys
import threading
from pathlib import Path

from tpobench.harness.errors import UserError
from tpobench.tpo.trainer.job import TrainJob


def _end_with_parent() -> None:
    """End this process when the one that started it is gone: two trainers must never write one checkpoint. A launcher
    between them hands its standard input on."""

    def watch() -> None:
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Train the job that the command line names."""
    _end_with_parent()
    job = TrainJob(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    try:
        from tpobench.tpo.trainer.train import train  # takes seconds, in which the parent may end

        train(job)
    except Exception as error:
        reason = str(error) if isinstance(error, UserError) else _out_of_memory(error)
        if reason is None:
            raise
        from tpobench.tpo.trainer.progress import tell

        tell({"reason": reason})
        sys.exit(1)


def _out_of_memory(error: Exception) -> str | None:
    text = str(error)
    if isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text:
        return "memory ran out; try a smaller batch_size or more accumulate, gradient_checkpointing, or lora"
    return None


if __name__ == "__main__":
    main()
