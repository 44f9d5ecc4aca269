"""What a judge said of one model in a stored evaluation, as benchmarks score it."""

from collections.abc import Collection

from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.evaluation.record import JudgedPair, read_judgments
from tpobench.harness.store.evaluations import evaluation_entries
from tpobench.harness.store.prompts import prompts_with_keys
from tpobench.harness.store.store import Store


def observations_of(
    store: Store, evaluation: str, prompts: Collection[str], texts: bool = False
) -> dict[str, PromptJudgments]:
    """The observations of an evaluation by prompt, in its order.

    Args:
        store: The store that holds it.
        evaluation: Its key.
        prompts: Keys of those to read; each of them has judgments.
        texts: Whether to read the responses' texts, too.
    """
    entries = [entry for entry in evaluation_entries(store, evaluation) if entry.prompt in set(prompts)]
    keys = list(dict.fromkeys(entry.prompt for entry in entries))
    by_key = dict(zip(keys, prompts_with_keys(store, keys), strict=True))
    pairs = [
        JudgedPair(by_key[entry.prompt], entry.judgment, entry.candidate_output, entry.baseline_output)
        for entry in entries
    ]
    return {observation.prompt.key: observation for observation in read_judgments(store, pairs, texts)}
