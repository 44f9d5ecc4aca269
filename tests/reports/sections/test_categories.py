"""The section by category."""

from tests.reports.stores import Judging, answered, finished_run, judged, prompts, section, two_models
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Assignment
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_models, of_run
from tpobench.reports.formats.html import render
from tpobench.reports.sections.categories import Categories


def test_one_category_is_no_table(store: Store) -> None:
    asked = prompts(40, ["only"])
    new, old = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old"))
    judged(store, new, old, Judging(say=lambda n, order: 0.7))
    assert "Nothing to compare: one category alone" in render(of_models(store))


def test_the_categories_that_the_policy_guards_are_marked(store: Store) -> None:
    content = of_run(store, finished_run(store))
    assert all(row.guarded for row in section(content, Categories).tables[0].rows), "the policy guards every category"


def test_what_a_model_assigned_is_a_table_of_its_own(store: Store) -> None:
    two_models(store)
    for number, prompt in enumerate(prompts(40)):
        level = "hard" if number % 2 else "easy"
        store.add_assignments(
            [Assignment(key=prompt.key, assigner="a", kind="complexity", text_key=prompt.text_key, value=level, raw="")]
        )
    tables = section(of_models(store, ["new"]), Categories).tables
    assert [table.title for table in tables] == ["", "By complexity, as a model assigned it"]
    assert [(row.group, row.n) for row in tables[1].small] == [("easy", 20), ("hard", 20)]
