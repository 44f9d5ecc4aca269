"""JSON that every program can read."""

import io
import json
import sys
from datetime import date, datetime

import pytest

from tpobench.cli.options.output import print_json

VALUE = {"nan": float("nan"), "inner": [(1.0, float("-inf"))], "when": datetime(2026, 1, 2), "text": "→ é 😀 \ud800"}


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_it_is_json_in_every_encoding(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding, errors="backslashreplace"))
    print_json(VALUE)
    sys.stdout.flush()
    read = json.loads(written.getvalue().decode(encoding))
    assert read == VALUE | {"nan": None, "inner": [[1.0, None]], "when": "2026-01-02 00:00:00"}


def test_keys_that_json_has_not_are_texts(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({date(2026, 1, 2): 1, (1, 2): float("inf"), 3: 4})
    assert json.loads(capsys.readouterr().out) == {"2026-01-02": 1, "(1, 2)": None, "3": 4}
