"""Tests of fidelity: skipped where the real data is not, and only there."""

from pathlib import Path

import pytest

from tests import conftest

pytest_plugins = ["pytester"]

TESTS = """
    import pytest

    @pytest.mark.real_data
    def test_that_passes():
        pass

    @pytest.mark.real_data
    def test_that_is_skipped():
        pytest.skip("no time")

    def test_of_nothing_real():
        pytest.skip("no time")
"""


@pytest.mark.parametrize(
    ("exists", "outcomes"), [(True, {"passed": 1, "failed": 1, "skipped": 1}), (False, {"skipped": 3})]
)
def test_a_skip_beside_the_data_is_a_failure(
    exists: bool, outcomes: dict[str, int], pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conftest, "DATA", Path(pytester.path) / ("" if exists else "absent"))
    pytester.makepyfile(TESTS)
    pytester.makeini("[pytest]\nmarkers = real_data")
    pytester.runpytest_inprocess("-p", "no:cacheprovider", plugins=[conftest]).assert_outcomes(**outcomes)
