"""What packages declare for us through entry points: benchmarks and judges, ours among them."""

import sys
from collections.abc import Sequence
from functools import cache
from importlib.metadata import EntryPoint, distributions
from importlib.metadata import entry_points as installed
from typing import Any

OURS = "tpobench"
"""The distribution whose names no other package can take."""


@cache
def declared(group: str) -> dict[str, EntryPoint]:
    """The entry points of a group by name, ours first; nothing is imported.

    A name that is taken already is left out, and said once on standard error.
    """
    points: dict[str, EntryPoint] = {}
    for point in sorted(_listed(group), key=lambda point: (package_of(point) != OURS, package_of(point))):
        if point.name in points:
            warn(
                f"{package_of(point)} declares {point.name!r} under {group}, a name that "
                f"{package_of(points[point.name])} has taken; it is left out"
            )
        else:
            points[point.name] = point
    return points


def _listed(group: str) -> Sequence[EntryPoint]:
    """All entry points of a group. A package whose list cannot be read is left out, and said on standard error."""
    try:
        return list(installed(group=group))
    except Exception:  # one package's list spoils the whole answer: ask them one by one
        points: dict[str, list[EntryPoint]] = {}
        for distribution in distributions():
            try:
                points.setdefault(distribution.name, [p for p in distribution.entry_points if p.group == group])
            except Exception as error:  # whatever reading the list raises
                points[distribution.name] = []
                warn(f"the entry points of {distribution.name} cannot be read: {error}; they are left out")
        return [point for listed in points.values() for point in listed]


@cache
def entry_points(group: str) -> dict[str, Any]:
    """What the entry points of a group name, imported. One that cannot be imported is left out, and said once."""
    objects = {}
    for name, point in declared(group).items():
        try:
            objects[name] = point.load()
        except (Exception, SystemExit) as error:  # whatever a package raises as it is imported
            warn(
                f"{package_of(point)} declares {name!r} under {group}, and it cannot be imported: "
                f"{type(error).__name__}: {error}; it is left out"
            )
    return objects


def package_of(point: EntryPoint) -> str:
    """The distribution that declares an entry point."""
    return "an unnamed package" if point.dist is None else point.dist.name


def warn(sentence: str) -> None:
    """Say on standard error what is wrong with a package that is left out."""
    print(f"tpobench: {sentence}", file=sys.stderr)
