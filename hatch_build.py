"""Puts the rooms, which lie at the top of the repository, inside the package `tpobench` of a wheel.

An editable install needs none of this: there the package's links lead to them.
"""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOMS = ("harness", "tpo", "benchmarks", "reports")


class RoomsInside(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling calls it before it builds a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"] |= {room: f"tpobench/{room}" for room in ROOMS}
