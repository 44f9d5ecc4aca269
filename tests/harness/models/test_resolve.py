"""The embedded model on a machine that has not unpacked it yet."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tpobench.harness.models import resolve


def test_two_commands_at_once_unpack_the_embedded_model_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unpacked: list[Path] = []

    def dequantise(source: Path, target: Path) -> None:
        unpacked.append(target)
        (target / "config.json").write_text("{}")
        time.sleep(0.2)
        (target / "model.safetensors").write_bytes(b"weights")
        for name in ("tokenizer.json", "tokenizer_config.json"):
            (target / name).write_text("{}")

    monkeypatch.setenv("TPOBENCH_CACHE", str(tmp_path))
    monkeypatch.setattr(resolve, "embedded_gguf", lambda: tmp_path / "weights.gguf")
    monkeypatch.setattr(resolve, "_dequantise", dequantise)
    with ThreadPoolExecutor(2) as both:
        folders = list(both.map(lambda _: resolve.embedded_folder(), range(2)))
    assert folders == [tmp_path / resolve.EMBEDDED] * 2
    assert len(unpacked) == 1
    assert (folders[0] / "model.safetensors").read_bytes() == b"weights"
