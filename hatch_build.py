"""Puts the rooms, which lie at the top of the repository, inside the package `tpobench`.

A wheel gets their files. An editable install finds them through the package's links, which are made here where they are
not: an archive of the checkout may hold them as plain files, and a source distribution has none.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOMS = ("harness", "tpo", "benchmarks", "reports")


class RoomsInside(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling calls it before it builds a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"] |= {room: f"tpobench/{room}" for room in ROOMS}
            return
        for room in ROOMS:
            link = Path(self.root, "tpobench", room)
            if not link.is_dir():
                link.unlink(missing_ok=True)
                link.symlink_to(Path("..", room), target_is_directory=True)
