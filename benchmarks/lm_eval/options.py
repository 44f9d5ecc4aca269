"""What is asked of lm-eval beside its tasks."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class TaskOptions:
    """What is asked for beside the tasks. None is the task's own value.

    `limit` takes the first items of each task only. `max_new_tokens` bounds thought and response together. `data` is a
    folder with data files (see `DATA_FILES`); the hub is then left alone until the tasks are done.
    """

    limit: int | None = None
    num_fewshot: int | None = None
    max_new_tokens: int | None = None
    seed: int = 0
    format_retries: int = 2
    data: Path | None = None
