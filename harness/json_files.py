"""Reading JSON files that users bring: one that is broken is a UserError that says where."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        UserError: It cannot be read, or it breaks off.
    """
    return _parsed(_text(path), str(path))


def read_json_list(path: Path) -> list[dict[str, Any]]:
    """The objects of a JSON file that holds a list of them.

    Raises:
        UserError: It cannot be read, breaks off, or holds something else.
    """
    rows = read_json(path)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UserError(f"{path} is not a list of JSON objects")
    return rows


def read_json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of each line of a JSONL file. Lines end at ``\\n`` only: texts hold other line separators.

    Raises:
        UserError: It cannot be read, or a line, which is named, is not an object.
    """
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        row = _parsed(line, f"{path}:{number}")
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number} is not a JSON object")
        yield number, row


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); check the path") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 at byte {error.start}") from error


def _parsed(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise UserError(f"{where} is not valid JSON, it may be cut off: {error}") from error
