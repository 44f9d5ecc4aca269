"""How fast the machine is, as earlier steps have measured it."""

from pathlib import Path

import pytest

from tpobench.harness.records import Model
from tpobench.harness.samplers import rates
from tpobench.harness.samplers.rates import recall, remember

MEGABYTES = 100_000_000


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Model:
    monkeypatch.setenv("TPOBENCH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(rates, "weight_bytes", lambda folder: MEGABYTES)
    return Model("m", str(tmp_path), "f")


def test_a_rate_is_scaled_by_the_size_of_the_weights(model: Model) -> None:
    remember("sample", model, tokens=1000, seconds=10)
    assert recall("sample", MEGABYTES) == 100
    assert recall("sample", 2 * MEGABYTES) == 50
    assert recall("train", MEGABYTES) is None


def test_a_rate_says_nothing_of_a_model_of_quite_another_size(model: Model) -> None:
    remember("sample", model, tokens=1000, seconds=10)
    assert recall("sample", 9 * MEGABYTES) is None
    assert recall("sample", MEGABYTES // 9) is None


def test_a_short_step_is_not_remembered(model: Model) -> None:
    remember("sample", model, tokens=1000, seconds=4)
    assert recall("sample", MEGABYTES) is None


def test_a_broken_file_is_as_good_as_none(model: Model, tmp_path: Path) -> None:
    remember("sample", model, tokens=1000, seconds=10)
    (tmp_path / "cache" / "rates.json").write_text("{")
    assert recall("sample", MEGABYTES) is None
