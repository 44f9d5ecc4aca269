"""What several tests of judges need."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def user_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The current folder, empty. What a test imports from it is forgotten after it."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        module = sys.modules[name]
        places = [module.__file__] if getattr(module, "__file__", None) else getattr(module, "__path__", [])
        if any(str(place).startswith(str(tmp_path)) for place in places):
            del sys.modules[name]
