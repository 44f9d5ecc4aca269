"""The folder with the official files: where in it each may lie, and how they come there."""

import hashlib
import http.client
import json
import urllib.request
from pathlib import Path

from tpobench.benchmarks.arena_hard.versions import BASELINES
from tpobench.harness.errors import UserError
from tpobench.harness.home import cache_folder

HUB = "https://huggingface.co/datasets/lmarena-ai/arena-hard-auto/resolve/c75cc2581ae7ac4b66ce5c804c002fe5a7c6339e/"
REPOSITORY = "https://raw.githubusercontent.com/lmarena/arena-hard-auto/196f6b826783b3da7310e361a805fa36f0be83f3/"
LOCK = "arena_hard_checksums.json"
"""Holds the SHA-256 of each file that was fetched."""


def fetch(version: str, folder: Path) -> list[Path]:
    """Downloads questions, baseline answers and judge settings of a version in the repository's layout; the paths.

    Addresses are pinned to commits. No checksum of them was known when this was written (they were out of reach), so
    the SHA-256 of the first download is kept in `LOCK` beside the files, and every later call verifies against it: a
    file that changed is an error, one that was lost is fetched again and must be the same. Raises UserError.
    """
    data = f"data/arena-hard-{version}"
    addresses = {f"{data}/question.jsonl": HUB}
    addresses |= {f"{data}/model_answer/{model}.jsonl": HUB for model in BASELINES[version].values()}
    addresses |= {f"config/arena-hard-{version}.yaml": REPOSITORY, "utils/judge_utils.py": REPOSITORY}
    lock = folder / LOCK
    try:
        known: dict[str, str] = json.loads(lock.read_bytes()) if lock.exists() else {}
    except (OSError, ValueError) as error:
        raise UserError(f"{lock} cannot be read: {error}; delete it and the files beside it, and run again") from error
    for name, base in addresses.items():
        path = folder / name
        if path.exists() and base + name not in known:
            raise UserError(f"{path} was not downloaded by tpobench; name a new folder, or use this one with --data")
        content = path.read_bytes() if path.exists() else _download(base + name)
        checksum = hashlib.sha256(content).hexdigest()
        if known.get(base + name, checksum) != checksum:
            raise UserError(
                f"{path} is not the file that {lock} recorded (SHA-256 {checksum}); delete it and run again"
            )
        if not path.exists():
            _replace(path, content)
            known[base + name] = checksum
            _replace(lock, json.dumps(known, indent=1, sort_keys=True).encode())
    return [folder / name for name in addresses]


def _download(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=60) as answer:
            content: bytes = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise UserError(f"{address} cannot be fetched: {error}; try again, or download it by hand") from error
    return content


def _replace(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)


def data_folder(version: str, data: Path | None) -> Path:
    """The user's folder, or one in the cache with the official files at their pinned commits."""
    if data is not None:
        return data
    folder = cache_folder() / f"arena-hard-{version}"
    fetch(version, folder)
    return folder


def find_file(folder: Path, version: str, *official: str, flat: str) -> Path:
    """An official file in the user's folder, wherever the layout of the repository or of the data set puts it.

    Args:
        folder: The user's.
        version: Of Arena-Hard, such as ``v2.0``.
        official: The file's names in the repository; empty ones are skipped.
        flat: Its name in a folder without subfolders.

    Raises:
        UserError: The folder does not hold it.
    """
    official_folder = f"arena-hard-{version}"
    names = [name for name in official if name]
    for base in (folder, folder / "arena_hard"):
        paths = [base / flat]
        for name in names:
            paths += [
                base / "data" / official_folder / name,
                base / official_folder / name,
                base / "config" / name,
                base / "utils" / name,
                base / name,
            ]
        for path in paths:
            if path.is_file():
                return path
    raise UserError(
        f"{folder} holds neither {flat} nor {official_folder}/{names[-1]}: clone github.com/lmarena/arena-hard-auto, "
        "or fetch its data set lmarena-ai/arena-hard-auto, and name the folder with --data"
    )
