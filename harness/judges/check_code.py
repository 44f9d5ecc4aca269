"""What the checks look for in code: JSON objects with keys, and Python functions. Nothing is run."""

import ast
import json
import re
import warnings
from collections.abc import Iterator

_FENCE_OPEN = re.compile(r"\w*[^\S\n]*\n")
_OPENING = re.compile(r"[{\[]")
_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|true|false|null|NaN|-?Infinity")

_LONGEST_CODE = 500_000
"""Characters of Python that are parsed."""


def has_json_keys(text: str, keys: list[str]) -> bool:
    """Whether some JSON object in the text has all the keys (the object may stand inside prose or a fence).

    Every brace may begin an object. They are read from the last to the first, so that an object knows where those
    inside it end: the time is proportional to the text, however it is nested.
    """
    ends: dict[int, int] = {}
    for start in reversed([opening.start() for opening in _OPENING.finditer(text)]):
        found = _Members(text, start, ends).read()
        if found is None:
            continue
        names, ends[start] = found
        if text[start] == "{" and names.issuperset(keys):
            return True
    return False


class _Members:
    """The members of one object or list; `ends` says where those inside it end, by where they begin."""

    def __init__(self, text: str, start: int, ends: dict[int, int]) -> None:
        self._text, self._ends = text, ends
        self._is_object = text[start] == "{"
        self._position = start + 1

    def read(self) -> tuple[set[str], int] | None:
        """The names of the members, and where the whole ends; None where it is not JSON."""
        names: set[str] = set()
        closing = "}" if self._is_object else "]"
        try:
            if self._next() == closing:
                return names, self._position + 1
            while True:
                if self._is_object:
                    names.add(self._name())
                self._skip_value()
                sign = self._next()
                self._position += 1
                if sign == closing:
                    return names, self._position
                if sign != ",":
                    return None
        except KeyError:
            return None

    def _next(self) -> str:
        """The next character that is not blank; empty at the end."""
        self._position = _end_of(_SPACE, self._text, self._position)
        return self._text[self._position : self._position + 1]

    def _name(self) -> str:
        self._next()
        name = self._take(_STRING)
        if self._next() != ":":
            raise KeyError(self._position)
        self._position += 1
        return str(json.loads(name)) if "\\" in name else name[1:-1]

    def _skip_value(self) -> None:
        first = self._next()
        if first in ("{", "["):
            self._position = self._ends[self._position]
        else:
            self._take(_STRING if first == '"' else _SCALAR)

    def _take(self, kind: re.Pattern[str]) -> str:
        start, self._position = self._position, _end_of(kind, self._text, self._position)
        if self._position == start:
            raise KeyError(start)
        return self._text[start : self._position]


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    found = pattern.match(text, position)
    return position if found is None else found.end()


def defines_python(text: str, name: str) -> bool:
    """Whether the text (or a fenced block of it) is Python that defines a function of that name."""
    return any(name in _functions(code) for code in [*_fenced(text), text])


def _fenced(text: str) -> Iterator[str]:
    """The blocks between fences of three backticks, without the line that opens them."""
    position = text.find("```")
    while position >= 0:
        opened = _FENCE_OPEN.match(text, position + 3)
        if opened is None:
            position = text.find("```", position + 1)
            continue
        closing = text.find("```", opened.end())
        if closing < 0:
            return
        yield text[opened.end() : closing]
        position = text.find("```", closing + 3)


def _functions(code: str) -> set[str]:
    """The names of the functions that the code defines; none where it is not Python."""
    if "def" not in code or len(code) > _LONGEST_CODE:
        return set()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape in an answer is no concern of the user's
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
