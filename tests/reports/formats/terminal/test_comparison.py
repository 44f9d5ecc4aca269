"""Two models side by side in the terminal."""

import pytest

from tests.reports.stores import two_models
from tpobench.harness.evaluation.compare import compare_models
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store
from tpobench.reports.formats.terminal.comparison import print_comparison


def test_the_difference_has_an_interval_and_few_prompts_a_mark(
    store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    two_models(store)
    print_comparison("new", "old", compare_models(store, model_named(store, "new"), model_named(store, "old")))
    printed = capsys.readouterr().out
    overall = next(line.split() for line in printed.splitlines() if line.split()[:1] == ["all"])
    assert overall[1:4] == ["67.5", "35.0", "+32.5"]
    assert overall[-1] == "40"
    assert any(line.rstrip().endswith("14*") for line in printed.splitlines()), "a category of few prompts"
    assert "A = new, B = old" in printed
