"""Where a model is better: win rates by the benchmark's own categories, and by what a model assigned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from tpobench.harness.evaluation.differences import Difference
from tpobench.harness.store.assignments import assigned_values
from tpobench.harness.store.steps import ARMS
from tpobench.harness.store.store import Store
from tpobench.reports.comparison import ModelComparison
from tpobench.reports.evaluations import Evaluation
from tpobench.reports.formats.charts import Style
from tpobench.reports.runs import Run, iteration_name
from tpobench.reports.sections.category_tables import CategoryTable, Column, Preferences, tabulate
from tpobench.reports.sections.matrices import Matrix, matrices

NOTHING = "Nothing to compare: one category alone, none with 30 prompts, too many of them, or no verdict."


@dataclass(frozen=True, kw_only=True)
class Categories:
    """Tables by group of prompts, or matrices of many models.

    Attributes:
        after: The iteration that the tables are of; empty where there are none of a run.
        differences: All that two models were both measured on.
        nothing: What to say where there is neither table nor matrix.
    """

    template: ClassVar[str] = "categories.html.j2"
    anchor: ClassVar[str] = "categories"
    title: ClassVar[str] = "By category"
    tables: Sequence[CategoryTable]
    matrices: Sequence[Matrix] = ()
    differences: Sequence[Difference] = ()
    after: str = ""
    nothing: str = NOTHING


def of_run(store: Store, run: Run) -> Categories:
    """Of the last evaluated iteration: both arms, and one against the other."""
    last = run.last_evaluated
    if last is None:
        return Categories(tables=[], nothing="No checkpoint has been evaluated yet.")
    arms, head_to_head = run.arms_after(last), run.head_to_head(last)
    columns = [
        Column(arm.capitalize(), arm, arms[arm].preferences, arms[arm].without_verdict) for arm in ARMS if arm in arms
    ]
    evaluations = [*arms.values(), *([] if head_to_head is None else [head_to_head])]
    tables = _tables(
        store,
        evaluations,
        columns,
        head_to_head=None if head_to_head is None else head_to_head.preferences,
        guarded=None if run.gate is None else run.gate.guarded,
    )
    return Categories(tables=tables, after=iteration_name(last))


def of_models(store: Store, evaluations: Sequence[Evaluation], names: Mapping[str, str]) -> Categories:
    """A table of one model; of several, which come best first, matrices. `names` says what to call each."""
    tables = []
    if len(evaluations) == 1:
        (only,) = evaluations
        column = Column(f"{names[only.key]} v {only.against}", "thought", only.preferences, only.without_verdict)
        tables = _tables(store, evaluations, [column])
    return Categories(tables=tables, matrices=[] if tables else matrices(evaluations, names))


def of_comparison(store: Store, comparison: ModelComparison) -> Categories:
    """Both models on each benchmark that they share, on the prompts that both answered."""
    tables = []
    for number, (mine, other) in enumerate(comparison.shared):
        both = mine.preferences.keys() & other.preferences.keys()
        styles: tuple[Style, ...] = ("thought", "direct")
        columns = [
            Column(
                label,
                style,
                {prompt: side.preferences[prompt] for prompt in side.preferences if prompt in both},
                side.without_verdict,
            )
            for label, style, side in zip(comparison.labels, styles, (mine, other), strict=True)
        ]
        compared_as = mine.benchmark, mine.judge, (mine.mode, other.mode)
        head_to_heads = {(one.benchmark, one.judge, one.modes): one.preferences for one in comparison.head_to_heads}
        tables += _tables(
            store,
            [mine, other],
            columns,
            head_to_head=head_to_heads.get(compared_as),
            number=number,
            title=f"{mine.benchmark} against {mine.against}" if len(comparison.shared) > 1 else "",
        )
    return Categories(tables=tables, differences=comparison.differences)


def _tables(
    store: Store,
    evaluations: Sequence[Evaluation],
    columns: Sequence[Column],
    *,
    head_to_head: Preferences | None = None,
    guarded: tuple[str, ...] | None = None,
    number: int = 0,
    title: str = "",
) -> list[CategoryTable]:
    """By the benchmark's categories, then by what a model assigned: category and complexity. `number` tells the tables
    of several benchmarks apart, `title` names this one."""
    own = {judged.prompt: judged.category for e in evaluations for judged in e.prompts}
    tables = [tabulate(f"category-{number}", title, columns, own, head_to_head, guarded)]
    for kind in ("category", "complexity"):
        heading = f"By {kind}, as a model assigned it" + (f": {title}" if title else "")
        assigned = assigned_values(store, kind, list(own))
        tables.append(tabulate(f"assigned-{kind}-{number}", heading, columns, assigned, head_to_head))
    return [table for table in tables if table is not None]
