"""Shared fixtures: a miniature model with the embedded model's tokenizer, and a store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.miniature import build
from tpobench.harness.models.resolve import embedded_folder
from tpobench.harness.store.store import Store


@pytest.fixture(scope="session")
def seed_folder() -> Path:
    """The embedded model itself, unpacked."""
    return embedded_folder()


@pytest.fixture(scope="session")
def tiny_model(seed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("models") / "tiny", seed_folder)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store.duckdb") as opened:
        yield opened
