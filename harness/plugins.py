"""What packages declare for us through entry points: benchmarks and judges, ours among them."""

import sys
from functools import cache
from importlib.metadata import EntryPoint
from importlib.metadata import entry_points as installed
from typing import Any

OURS = "tpobench"
"""The distribution whose names nobody else can take."""


@cache
def declared(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name, ours first; nothing is imported.

    A name that is taken already is left out, and said once on standard error.
    """
    found: dict[str, EntryPoint] = {}
    for point in sorted(installed(group=group), key=lambda point: (_package(point) != OURS, _package(point))):
        if point.name in found:
            _warn(
                f"{_package(point)} declares {point.name!r} under {group}, a name that {_package(found[point.name])} "
                "has taken; it is left out"
            )
        else:
            found[point.name] = point
    return found


@cache
def entry_points(group: str) -> dict[str, Any]:
    """What the entry points of a group name, imported. One that cannot be imported is left out, and said once."""
    found = {}
    for name, point in declared(group).items():
        try:
            found[name] = point.load()
        except Exception as error:  # whatever a package raises as it is imported
            _warn(
                f"{_package(point)} declares {name!r} under {group}, and it cannot be imported: "
                f"{type(error).__name__}: {error}; it is left out"
            )
    return found


def _package(point: EntryPoint) -> str:
    return "an unnamed package" if point.dist is None else point.dist.name


def _warn(sentence: str) -> None:
    print(sentence, file=sys.stderr)
