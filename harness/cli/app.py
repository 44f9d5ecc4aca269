"""The application, and what the commands share: options, quiet libraries, output."""

import json
import os
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="tpobench",
    help="Is this checkpoint better, where, by how much, and may it be promoted?",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Start with: tpobench quickstart",
)

RUNS = Path("tpobench-runs")

StoreOption = Annotated[Path, typer.Option("--store", help="The results store, a DuckDB file.")]
ModelOption = Annotated[
    str, typer.Option("--model", help="smollm2-135m, a folder, a hub id (org/model), or NAME@http://HOST/v1.")
]
ModeOption = Annotated[str, typer.Option(help="direct, think:generic, think:specific, think:system, think:FILE.yaml")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]
SeedOption = Annotated[int, typer.Option(help="Seed of the sampling.")]
TokensOption = Annotated[int, typer.Option(min=1, help="Longest output, in tokens.")]
TemperatureOption = Annotated[float, typer.Option(min=0, help="0 is greedy.")]

DEFAULT_STORE = RUNS / "store.duckdb"


def quiet_libraries() -> None:
    """Keep the model libraries' own progress bars and advice off the terminal."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


def print_json(value: Any) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))
