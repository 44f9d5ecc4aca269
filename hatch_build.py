"""Puts the packages, which lie at the top of the repository, inside the package `tpobench`.

A wheel gets their files. An editable install finds them through the package's links, which are made here where they are
not: an archive of the checkout may hold them as plain files, and a source distribution has none.
"""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGES = ("harness", "tpo", "benchmarks", "reports")


class PackagesInside(BuildHookInterface):  # type: ignore[type-arg]
    """Hatchling calls it before it builds a wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "standard":
            build_data["force_include"] |= {package: f"tpobench/{package}" for package in PACKAGES}
            return
        for package in PACKAGES:
            link = Path(self.root, "tpobench", package)
            if not link.is_dir():
                link.unlink(missing_ok=True)
                link.symlink_to(Path("..", package), target_is_directory=True)
