"""Reading JSON files that users bring: one that is broken is a UserError that says where, or is left out and told.

UTF-8 is read with and without a byte order mark, UTF-16 and UTF-32 too. Half of a surrogate pair, which no store and no
terminal can hold, becomes U+FFFD.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.surrogates import without_surrogates

LeaveOut = Callable[[str, str], None]
"""Is told of a row that cannot be used: which one (``line 3``, ``entry 3``), and what is wrong with it. The rows after
it are read on."""


class Noted:
    """Passes on what is left out of a file, and remembers whether anything was."""

    def __init__(self, leave_out: LeaveOut) -> None:
        self._leave_out = leave_out
        self.is_odd = False

    def __call__(self, row: str, problem: str) -> None:
        self.is_odd = True
        self._leave_out(row, problem)


_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
_POINTER = b"version https://git-lfs"
_MARK = b"\xef\xbb\xbf"


def read_json(path: Path) -> Any:
    """What a JSON file holds.

    Raises:
        UserError: It cannot be read, or it breaks off.
    """
    data = _data(path)
    try:
        return _parsed(_text(data))
    except _BrokenText as error:
        raise UserError(f"{path} {error}") from error


def read_json_list(path: Path, leave_out: LeaveOut | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Place and object of each entry of a JSON file that holds a list of them; entries are counted from 0.

    Args:
        path: The file.
        leave_out: Is told of entries that are not objects.

    Raises:
        UserError: It cannot be read, breaks off, or holds something else.
    """
    rows = read_json(path)
    if not isinstance(rows, list):
        raise UserError(f"{path} is not a list of JSON objects")
    for number, row in enumerate(rows):
        if isinstance(row, dict):
            yield number, row
        elif leave_out is None:
            raise UserError(f"{path} is not a list of JSON objects")
        else:
            leave_out(f"entry {number}", "is not a JSON object")


def read_json_lines(path: Path, leave_out: LeaveOut | None = None) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object of each line of a JSONL file. Lines end at ``\\n`` only: texts hold other line separators.

    Args:
        path: The file.
        leave_out: Is told of lines that are not objects.

    Raises:
        UserError: It cannot be read, or, without `leave_out`, a line, which is named, is not an object.
    """
    try:
        lines = _lines(_data(path))
    except _BrokenText as error:
        raise UserError(f"{path} {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = _parsed(line if isinstance(line, str) else _text(line))
            if not isinstance(row, dict):
                raise _BrokenText("is not a JSON object")
        except _BrokenText as error:
            if leave_out is None:
                raise UserError(f"{path}:{number} {error}") from error
            leave_out(f"line {number}", str(error))
            continue
        yield number, row


def read_json_rows(path: Path, leave_out: LeaveOut | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """The objects of a file that holds a JSON list of them, or one a line; each with what to call it, such as
    ``entry 3`` or ``line 4``. The parameters and errors are those of the other two."""
    try:
        beginning = _text(_data(path)[:4096], whole=False).lstrip()
    except _BrokenText as error:
        raise UserError(f"{path} {error}") from error
    if beginning.startswith("[") or (path.suffix == ".json" and not beginning.startswith("{")):
        for number, row in read_json_list(path, leave_out):
            yield f"entry {number}", row
    else:
        for number, row in read_json_lines(path, leave_out):
            yield f"line {number}", row


class _BrokenText(ValueError):
    """What is wrong with a text, as the end of a sentence that begins with where it stands."""


def _data(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); check the path") from error
    for beginning, kind in _COMPRESSED.items():
        if data.startswith(beginning):
            raise UserError(f"{path} is compressed ({kind}); unpack it and name the unpacked file")
    if data.startswith(_POINTER):
        raise UserError(f"{path} is a pointer of Git LFS, not the file itself; fetch it with git lfs pull")
    return data


def _text(data: bytes, whole: bool = True) -> str:
    """The text, in whatever encoding it is. Of its beginning alone (not `whole`) the last character may be cut."""
    encoding = json.detect_encoding(data)
    try:
        return data.decode(encoding, "strict" if whole else "ignore")
    except UnicodeDecodeError as error:
        name = "UTF-8" if encoding.startswith("utf-8") else encoding.upper()
        raise _BrokenText(f"is not {name} at byte {error.start}") from error


def _lines(data: bytes) -> Sequence[bytes | str]:
    """In UTF-8 the lines are decoded one by one, so that a broken one does not spoil the others."""
    if json.detect_encoding(data).startswith("utf-8"):
        return data.removeprefix(_MARK).split(b"\n")
    return _text(data).split("\n")


def _parsed(text: str) -> Any:
    try:
        value = json.loads(text, object_pairs_hook=_object)
        return _without_surrogates(value) if "\\ud" in text.lower() else value
    except RecursionError as error:
        raise _BrokenText("nests brackets too deeply for JSON to be read") from error
    except _BrokenText:
        raise
    except ValueError as error:
        if "integer string" in str(error):
            raise _BrokenText("holds a number of thousands of digits") from error
        raise _BrokenText(f"is not valid JSON, it may be cut off: {error}") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object. One that says two things under one key says neither."""
    values = dict(pairs)
    if len(values) < len(pairs):
        for key, value in pairs:
            if value != values[key]:
                raise _BrokenText(f"has the key {key!r} twice in one object, with two values")
    return values


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, list):
        return [_without_surrogates(part) for part in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(part) for key, part in value.items()}
    return value


def finite(value: Any) -> Any:
    """The value with None in place of the numbers that JSON has not, NaN and infinity, and keys that it has.

    Args:
        value: Mappings, lists and tuples in each other, and whatever they hold.
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key if isinstance(key, str | int | None) else str(key): finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    return value
