"""Which results store a command reads and writes."""

import functools
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

RUNS = Path("tpobench-runs")
"""Where training runs are kept unless the user names another folder."""

DEFAULT_STORE = RUNS / "store.duckdb"
STORE_VARIABLE = "TPOBENCH_STORE"
STORE_HELP = f"The results store, a DuckDB file; without this option ${STORE_VARIABLE}, else {DEFAULT_STORE}."

StoreOption = Annotated[
    Path, typer.Option("--store", envvar=STORE_VARIABLE, show_envvar=False, show_default=False, help=STORE_HELP)
]


def default_store() -> Path:
    """The store of every command that names none."""
    return Path(os.environ.get(STORE_VARIABLE) or DEFAULT_STORE)


DEFAULT_WAIT = 3600
"""Seconds that `--wait` alone stands for."""

WaitOption = Annotated[
    int,
    typer.Option(
        "--wait",
        metavar="[SECONDS]",
        min=0,
        show_default=False,
        help=f"Wait while another process holds the store; {DEFAULT_WAIT:,} s at most, or SECONDS.",
    ),
]


def may_wait(command: Callable[..., None]) -> Callable[..., None]:
    """The command with the option `--wait`, which says how long it waits for the stores that it opens."""

    @functools.wraps(command)
    def run(*, wait: int, **given: Any) -> None:
        from tpobench.harness.store.waiting import waiting

        with waiting(wait, lambda line: print(f"tpobench: {line}", file=sys.stderr, flush=True)):
            command(**given)

    by_keyword = inspect.Parameter.KEYWORD_ONLY
    shown = [parameter.replace(kind=by_keyword) for parameter in inspect.signature(command).parameters.values()]
    place = next((number for number, parameter in enumerate(shown, start=1) if parameter.name == "store"), len(shown))
    shown.insert(place, inspect.Parameter("wait", by_keyword, default=0, annotation=WaitOption))
    # Typer reads the options off the signature.
    run.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in shown}
    return run


def with_seconds_to_wait(words: Sequence[str]) -> list[str]:
    """What was typed, with the seconds that a `--wait` alone stands for."""
    followed = [*words[1:], ""]
    return [
        f"{word}={DEFAULT_WAIT}" if word == "--wait" and not following.isdigit() else word
        for word, following in zip(words, followed, strict=False)  # of no word nothing follows
    ]
