"""Real data for tests of fidelity: in the folder ``TPOBENCH_TEST_DATA``, else in ``shared/data`` beside the checkout.

A test that reads it is marked `real_data`: it is skipped where the folder is not, and only there (see conftest.py).
"""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("TPOBENCH_TEST_DATA") or Path(__file__).resolve().parents[2] / "shared" / "data")

real_data = pytest.mark.real_data
