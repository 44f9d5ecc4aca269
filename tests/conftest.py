"""Shared fixtures: a miniature model with the embedded model's tokenizer, and a store; and how the tests are run."""

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.data import DATA
from tests.miniature import build
from tpobench.harness.models.resolve import embedded_folder
from tpobench.harness.store.store import Store

SLOWEST_FIRST = (
    "tests/tpo/test_loop.py",
    "tests/tpo/trainer/test_run.py",
    "tests/harness/api/test_client.py",
    "tests/cli/test_gate.py",
    "tests/cli/test_sample.py",
    "tests/cli/test_eval.py",
    "tests/tpo/trainer/",
    "tests/harness/samplers/",
)
"""Parallel workers take file after file (`make test`): they end together when the long ones do not come last."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: next((n for n, file in enumerate(SLOWEST_FIRST) if item.nodeid.startswith(file)), 99))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("real_data") and not DATA.is_dir():
        pytest.skip(f"the real data is not in {DATA}; TPOBENCH_TEST_DATA names another folder")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Where the real data is, a test of fidelity that is skipped has proved nothing: it fails."""
    report = yield
    if report.skipped and item.get_closest_marker("real_data") and DATA.is_dir():
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome, report.longrepr = "failed", f"skipped although the real data is in {DATA}: {reason}"
    return report


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
