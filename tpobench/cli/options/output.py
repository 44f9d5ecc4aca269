"""What a command prints: for people, or as JSON for machines."""

import json
import sys
from typing import Annotated, Any

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]


def print_json(value: Any) -> None:
    """Print the value as indented JSON; what JSON does not know is written as text. Where standard output cannot show a
    character, all of them are escaped as JSON escapes them."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(value, indent=2, ensure_ascii=True, default=str)
    print(text)
