"""Which results store a command reads and writes."""

import os
from pathlib import Path
from typing import Annotated

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
