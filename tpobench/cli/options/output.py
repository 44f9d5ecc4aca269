"""What a command prints: for people, or as JSON for machines."""

import json
import math
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tpobench.harness.escaping import json_without_commands

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON and nothing else.")]


def print_json(value: Any) -> None:
    """Print the value as indented JSON. What JSON does not know is written as text, NaN and infinity as null. Where
    standard output cannot show a character, all of them are escaped as JSON escapes them."""
    known = _finite(value)
    text = json.dumps(known, indent=2, ensure_ascii=False, default=str, allow_nan=False)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = json.dumps(known, indent=2, ensure_ascii=True, default=str, allow_nan=False)
    print(json_without_commands(text))


def _finite(value: Any) -> Any:
    """The value with None in place of the numbers that JSON has not."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return value
