"""What the trainer tells the process that started it, and when it stops by itself."""

import json
import math
import time
from typing import Any

from transformers import TrainerCallback

from tpobench.harness.errors import UserError


def tell(event: dict[str, Any]) -> None:
    """One line of JSON on the standard output."""
    print(json.dumps(event), flush=True)


class Watch(TrainerCallback):  # type: ignore[misc]
    """Reports every step and its loss from the first process; raises UserError when the loss is not a number."""

    def __init__(self) -> None:
        self._epoch_began = time.monotonic()

    def epoch_seconds(self) -> float:
        return time.monotonic() - self._epoch_began

    def on_epoch_begin(self, *_: Any, **__: Any) -> None:
        self._epoch_began = time.monotonic()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any) -> None:
        if not logs or "loss" not in logs:
            return
        for name, value in (("loss", logs["loss"]), ("gradient", logs.get("grad_norm", 0.0))):
            if not math.isfinite(value):
                raise UserError(_not_finite(name, value, state.global_step))
        if state.is_world_process_zero:
            tell({"step": state.global_step, "of": state.max_steps, "loss": round(float(logs["loss"]), 4)})


def _not_finite(name: str, value: float, step: int) -> str:
    if step == 1 and name == "loss":
        return f"the loss is {value} at the first step already; the model's weights are broken"
    return f"the {name} became {value} at step {step}; lower learning_rate"
