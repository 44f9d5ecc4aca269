"""What a run comes to."""

from tests.reports.stores import finished_run, left_behind, longer_run, section
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_run
from tpobench.reports.formats.html import render
from tpobench.reports.sections.categories import Categories


def test_one_arm_is_said_to_have_no_baseline(store: Store) -> None:
    finished_run(store)
    store.add_run("o" * 32, "one", {"name": "one", "arms": ["thought"]}, {"versions": {}})
    done = left_behind(store, "evaluate/thought/1")
    store.finish_step("o" * 32, "evaluate/thought/1", done, 1)
    content = of_run(store, "o" * 32)
    assert any("Only the thought arm was run" in warning for warning in content.verdict.warnings)
    (table,) = section(content, Categories).tables
    assert table.overall.difference is None
    render(content)


def test_a_run_without_a_gate_says_what_was_measured_last(store: Store) -> None:
    sentence = of_run(store, longer_run(store)).verdict.sentence
    assert sentence.startswith(
        "One arm alone is not gated; after iteration 2 the thought arm wins 75.0% against base (95% interval "
    )
