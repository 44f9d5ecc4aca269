"""The same prompts before and after training: how thoughts and responses of the thought arm have changed."""

from dataclasses import dataclass

from tpobench.harness.store.store import Store
from tpobench.reports.data import StoredRun

SHOWN = 3


@dataclass(frozen=True)
class ShownAnswer:
    """One output of the thought arm. `response` is empty where it did not parse."""

    thought: str
    response: str
    raw_text: str


@dataclass(frozen=True)
class BeforeAfter:
    prompt: str
    category: str
    before: ShownAnswer
    after: ShownAnswer


def before_and_after(store: Store, run: StoredRun) -> tuple[int, int, list[BeforeAfter]] | None:
    """The first and the last evaluated iteration of the thought arm, and three prompts of different categories, the
    first in the benchmark's order of which both answers parsed. None with fewer than two iterations."""
    evaluated = [i for i in run.iterations if run.evaluation("evaluate", "thought", i)]
    if len(evaluated) < 2:
        return None
    first, last = evaluated[0], evaluated[-1]
    sides = [_answers(store, run, iteration) for iteration in (first, last)]
    shown: dict[str, BeforeAfter] = {}
    afterwards = {prompt: answer for prompt, _, answer in sides[1]}
    for prompt, category, before in sides[0]:
        after = afterwards.get(prompt)
        if after is not None and before.response and after.response and category not in shown and len(shown) < SHOWN:
            shown[category] = BeforeAfter(prompt, category, before, after)
    return first, last, list(shown.values())


def _answers(store: Store, run: StoredRun, iteration: int) -> list[tuple[str, str, ShownAnswer]]:
    evaluation = run.evaluation("evaluate", "thought", iteration)
    assert evaluation is not None
    rows = store.sql(
        "SELECT prompt.text, prompt.category, output.thought, output.response, output.raw_text "
        "FROM evaluation_entry JOIN prompt USING (prompt_key) JOIN output ON output_key = candidate_output "
        "WHERE evaluation_key = ? ORDER BY place",
        [evaluation.key],
    )[1]
    return [(text, category, ShownAnswer(thought, response, raw)) for text, category, thought, response, raw in rows]
