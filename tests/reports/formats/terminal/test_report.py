"""A report's first screen in the terminal."""

from tests.reports.formats.terminal.drawing import drawn
from tests.reports.stores import two_models
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_comparison, of_models
from tpobench.reports.formats.terminal.report import report_table


def test_verdict_headlines_and_warnings(store: Store) -> None:
    two_models(store, rows=42)
    lines = drawn(report_table(of_models(store)), width=200)
    assert lines[0].startswith("2 MODELS  new leads 2 models on test/questions: it wins 67.5% against base")
    assert lines[1].split()[0] == "67.5%"
    assert lines[-1].startswith("warning   Only 40 of the 42 prompts")


def test_a_difference_is_in_points(store: Store) -> None:
    two_models(store)
    content = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    assert drawn(report_table(content), width=200)[1].split()[0] == "+32.5"
