"""The tasks of a run that no judge is asked about."""

from tests.reports.stores import RUN, finished_run, section
from tpobench.harness.records import Metric, NewEvaluation
from tpobench.harness.store.step_details import TasksDetails
from tpobench.harness.store.steps import Step
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_run
from tpobench.reports.formats.html import render
from tpobench.reports.sections.iterations import Iterations


def test_a_task_s_figures_are_shown_and_its_standard_errors_are_not(store: Store) -> None:
    finished_run(store)
    figures = {"exact_match,strict": 0.42, "exact_match_stderr,strict": 0.07}
    store.add_metrics("task", [Metric(name=name, value=value, n=50) for name, value in figures.items()])
    evaluation = NewEvaluation(
        benchmark="lm_eval/gsm8k", judge="lm-eval", params="{}", candidate="c", candidate_mode="direct"
    )
    store.add_evaluation(evaluation, "task")
    details = TasksDetails(evaluations={"gsm8k": "task"})
    store.finish_step(RUN, Step(TasksDetails, "thought", 1).name, details.as_stored(), 1)
    content = of_run(store, RUN)
    (row,) = section(content, Iterations).tasks
    assert (row.name, row.arm) == ("gsm8k, exact_match,strict", "thought")
    assert [figure and figure.value for figure in row.figures] == [None, 0.42]
    assert "gsm8k, exact_match,strict" in render(content)
