"""What a command prints: for people, or as JSON for machines."""

import json
from typing import Annotated, Any

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]


def print_json(value: Any) -> None:
    """Print the value as indented JSON; what JSON does not know is written as text."""
    print(json.dumps(value, indent=2, ensure_ascii=False, default=str))
