"""lm-eval's tasks over our samplers: any task of the installed lm-eval, of a folder of the user's, or of ours.

lm-eval renders the prompts, cuts out the answers and scores them; we sample, in any mode, into the store. Thoughts are
cut off before lm-eval sees a word.
"""

from collections.abc import Sequence

from tpobench.benchmarks.lm_eval.loading import loaded_tasks
from tpobench.benchmarks.lm_eval.options import TaskOptions
from tpobench.benchmarks.lm_eval.results import Findings, TaskResult
from tpobench.harness.models.modes import Mode
from tpobench.harness.progress import Progress
from tpobench.harness.samplers.cached import OutputCache
from tpobench.harness.store.store import Store


def run_tasks(
    tasks: Sequence[str],
    outputs: OutputCache,
    mode: Mode,
    store: Store,
    progress: Progress,
    options: TaskOptions | None = None,
) -> list[TaskResult]:
    """Run lm-eval's tasks and store their figures; the same again samples nothing and inserts nothing.

    Args:
        tasks: Names of tasks or groups.
        outputs: Samples what the store lacks.
        mode: The mode in which the model answers.
        store: Keeps outputs, scores and figures.
        progress: Shows loading and sampling.
        options: The limit, the folder of the data and the like; the tasks' own values without it.

    Returns:
        One result for each task, then one for each group.

    Raises:
        UserError: A task is unknown, its data cannot be had, or it scores given continuations and the mode is a
            thinking one.
    """
    chosen = options or TaskOptions()
    store.add_model(outputs.model, "given")
    with loaded_tasks(tasks, mode, progress, chosen) as loaded:
        import lm_eval

        from tpobench.benchmarks.lm_eval.model import StoredLM

        lm = StoredLM(
            outputs=outputs,
            mode=mode,
            store=store,
            progress=progress,
            max_new_tokens=chosen.max_new_tokens,
            seed=chosen.seed,
            format_retries=chosen.format_retries,
        )
        lm_eval_results = lm_eval.evaluate(lm, loaded, limit=chosen.limit)
    findings = Findings(lm_eval_results=lm_eval_results, lm=lm, model=outputs.model, mode=mode, options=chosen)
    results = [findings.store_task(store, task) for task in lm_eval_results["results"] if task in loaded["tasks"]]
    for group in lm_eval_results.get("groups", {}):
        parts = [result for result in results if result.task in lm_eval_results["group_subtasks"].get(group, [])]
        results.append(findings.store_group(store, group, parts))
    return results
