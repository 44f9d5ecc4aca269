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

    Raises UserError for an unknown task, data that cannot be had, and for tasks that score given continuations in a
    thinking mode.
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
            tokenizer=chosen.tokenizer,
        )
        found = lm_eval.evaluate(lm, loaded, limit=chosen.limit)
    findings = Findings(found=found, lm=lm, model=outputs.model, mode=mode, options=chosen)
    results = [findings.store_task(store, task) for task in found["results"] if task in loaded["tasks"]]
    for group in found.get("groups", {}):
        parts = [result for result in results if result.task in found["group_subtasks"].get(group, [])]
        results.append(findings.store_group(store, group, parts))
    return results
