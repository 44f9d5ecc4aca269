"""Tests of fidelity: skipped where the real data is not, and only there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SKIPS = "import pytest\n\n@pytest.mark.real_data\ndef test_it() -> None:\n    pytest.skip('no time')\n"
PASSES = "import pytest\n\n@pytest.mark.real_data\ndef test_it() -> None:\n    pass\n"


def outcome(test: str, data: Path, folder: Path) -> str:
    """The last line of a run of one test with the suite's own conftest."""
    file = folder / "test_it.py"
    file.write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    command += ["-o", "markers=real_data: x", "--rootdir", str(folder), str(file)]
    environment = os.environ | {"TPOBENCH_TEST_DATA": str(data), "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, env=environment, capture_output=True, text=True).stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("test", "exists", "expected"),
    [(SKIPS, True, "1 failed"), (PASSES, True, "1 passed"), (PASSES, False, "1 skipped")],
)
def test_a_skip_beside_the_data_is_a_failure(test: str, exists: bool, expected: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    if exists:
        data.mkdir()
    assert outcome(test, data, tmp_path).startswith(expected)
