"""What a command prints: for people, or as JSON for machines."""

import json
import sys
from typing import Annotated, Any

import typer

from tpobench.harness.escaping import json_without_commands
from tpobench.harness.json_files import finite

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]


def print_json(value: Any) -> None:
    """Print the value as indented JSON. What JSON does not know is written as text, NaN and infinity as null. Where
    standard output cannot show a character, all of them are escaped as JSON escapes them."""
    known = finite(value)
    text = json.dumps(known, indent=2, ensure_ascii=False, default=str, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(known, indent=2, ensure_ascii=True, default=str, allow_nan=False)
    print(json_without_commands(text))
