"""The application, and what the commands share: options, quiet libraries, output."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

from tpobench.harness.errors import StoreLacks, UserError

app = typer.Typer(
    name="tpobench",
    help="Is this checkpoint better, where, by how much, and may it be promoted?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Start with: tpobench quickstart",
)

RUNS = Path("tpobench-runs")

DEFAULT_STORE = RUNS / "store.duckdb"
STORE_VARIABLE = "TPOBENCH_STORE"
STORE_HELP = f"The results store, a DuckDB file; without this option ${STORE_VARIABLE}, else {DEFAULT_STORE}."

StoreOption = Annotated[
    Path, typer.Option("--store", envvar=STORE_VARIABLE, show_envvar=False, show_default=False, help=STORE_HELP)
]
ModelOption = Annotated[
    str, typer.Option("--model", help="smollm2-135m, a folder, a hub id (org/model), or NAME@http://HOST/v1.")
]
ModeOption = Annotated[str, typer.Option(help="direct, think:generic, think:specific, think:system, think:FILE.yaml")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]
SeedOption = Annotated[int, typer.Option(help="Seed of the sampling.")]
TokensOption = Annotated[int, typer.Option(min=1, help="Longest output, in tokens.")]
TemperatureOption = Annotated[float, typer.Option(min=0, help="0 is greedy.")]


def default_store() -> Path:
    """The store of every command that names none."""
    return Path(os.environ.get(STORE_VARIABLE) or DEFAULT_STORE)


def told(error: UserError) -> str:
    """The error as a sentence. Where the default store lacks what was asked for and one run has a store of its own, it
    is the one to name."""
    if not isinstance(error, StoreLacks) or error.store != default_store():
        return str(error)
    others = [path for path in RUNS.glob("*/store.duckdb") if path != error.store]
    if len(others) != 1:
        return str(error)
    if error.what.endswith("?"):
        return f"{error.what[:-1]}, or --store {others[0]}?"
    return f"{error.what}; did you mean --store {others[0]}?"


def quiet_libraries() -> None:
    """Keep the model libraries' own progress bars and advice off the terminal."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))
