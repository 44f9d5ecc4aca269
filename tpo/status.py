"""Where a run stands: a small file beside the store, since the store itself belongs to the process that writes it."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tpobench.harness.errors import UserError
from tpobench.harness.files import write_whole
from tpobench.harness.json_files import finite

FILE = "status.json"


@dataclass(frozen=True)
class StepState:
    """A step and its state: ``done``, ``running``, ``interrupted`` or ``waiting``; seconds once it is done."""

    name: str
    state: str
    seconds: float | None = None


def write_status(folder: Path, steps: Sequence[str], done: Mapping[str, float], running: str | None) -> None:
    """`done` maps finished steps to their seconds."""
    status = {"pid": os.getpid(), "steps": list(steps), "done": dict(done), "running": running}
    write_whole(folder / FILE, json.dumps(finite(status), indent=1))


def read_status(folder: Path, planned: Sequence[str] | None = None) -> list[StepState]:
    """The steps of the run in a folder, in order.

    Args:
        folder: the run's.
        planned: the names of its steps, where the list of its last start may be out of date.

    Raises:
        UserError: where no run is.
    """
    try:
        status = json.loads((folder / FILE).read_text(encoding="utf-8"))
        if not isinstance(status, dict) or not {"pid", "steps", "done", "running"} <= status.keys():
            raise ValueError("it is not what a run writes there")
    except (FileNotFoundError, NotADirectoryError):
        if planned is None:
            raise UserError(f"{folder} holds no run yet; start it with tpobench train CONFIG.yaml") from None
        status = {"pid": 0, "steps": [], "done": {}, "running": None}
    except (OSError, ValueError) as error:
        raise UserError(f"{folder / FILE} cannot be read ({error}); it is written again as the run goes on") from error
    alive = _alive(status["pid"])
    states = []
    for name in planned if planned is not None else status["steps"]:
        if name in status["done"]:
            states.append(StepState(name, "done", status["done"][name]))
        elif name == status["running"]:
            states.append(StepState(name, "running" if alive else "interrupted"))
        else:
            states.append(StepState(name, "waiting"))
    return states


def as_json(states: Sequence[StepState]) -> list[dict[str, object]]:
    """What `--json` prints."""
    return [asdict(state) for state in states]


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return pid > 0
