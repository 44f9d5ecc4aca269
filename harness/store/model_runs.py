"""Several runs of one model: imported under one name, they are told apart by what they answered."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tpobench.harness.errors import StoreLacks, UserError
from tpobench.harness.store.evaluations import StoredEvaluation, current_evaluations, with_candidate_texts
from tpobench.harness.store.models import model_named, require_one_mode, short_fingerprints
from tpobench.harness.store.store import Store

_ROUNDED = 1e-6
"""Files round preferences differently."""


@dataclass(frozen=True, kw_only=True)
class _RunAnswer:
    """What one run answered to a prompt: the response's key, its length, and the preference for it."""

    response: str
    chars: int
    preference: float | None

    def is_like(self, other: "_RunAnswer") -> bool:
        """Whether both may be one answer: an answer that came without its text has a key of its own."""
        if self.response == other.response:
            return True
        apart = abs((self.preference or 0.0) - (other.preference or 0.0))
        alike = (self.preference is None) == (other.preference is None) and apart < _ROUNDED
        return self.chars == other.chars and alike


def one_run_each(store: Store, evaluations: Sequence[StoredEvaluation]) -> list[StoredEvaluation]:
    """The evaluations, of which those with equal benchmark, judge, model and baseline are of one run of the model: of
    such the one on most prompts, and of those the first.

    Args:
        store: Has the judgments.
        evaluations: Of models that may have one name and several fingerprints.

    Raises:
        UserError: The model gave other answers in one of them, and nothing says which run is meant.
    """
    groups: dict[tuple[str, ...], list[StoredEvaluation]] = {}
    for one in evaluations:
        sides = one.candidate_name, one.candidate_mode, one.baseline_name, one.baseline_mode
        groups.setdefault((one.benchmark, one.judge, *sides), []).append(one)
    several = [one for group in groups.values() if _is_of_several(group) for one in group]
    answers = _answers(store, [one.evaluation for one in several])
    chosen = set()
    for group in groups.values():
        if not _is_of_several(group):
            chosen |= {one.evaluation for one in group}
            continue
        largest = max(group, key=lambda one: len(answers[one.evaluation]))
        if any(not _is_one_run(answers[largest.evaluation], answers[one.evaluation]) for one in group):
            raise UserError(_several_runs(store, group))
        chosen.add(largest.evaluation)
    return [one for one in evaluations if one.evaluation in chosen]


def evaluation_of_model(store: Store, text: str, benchmark: str) -> StoredEvaluation:
    """The newest evaluation on a benchmark of the model that a user names, one with its texts where there is any.

    Raises:
        StoreLacks: There is no such model or evaluation.
        UserError: Several models, runs of it, or modes fit.
    """
    current = [evaluation for evaluation in current_evaluations(store, benchmark) if not evaluation.metric]
    model = model_named(store, text, among={evaluation.candidate for evaluation in current})
    of_model = [evaluation for evaluation in current if evaluation.candidate in model.fingerprints]
    if not of_model:
        problem = f"{store.path} holds no {benchmark} evaluation of {text!r}"
        raise StoreLacks(store.path, problem, "tpobench leaderboard lists what there is")
    mode = require_one_mode(model, [evaluation.candidate_mode for evaluation in of_model]).mode
    fitting = [evaluation for evaluation in of_model if evaluation.candidate_mode == mode]
    if not fitting:
        raise StoreLacks(store.path, f"{store.path} holds no {benchmark} evaluation of {model.name} in the mode {mode}")
    return one_run_each(store, with_candidate_texts(store, fitting) or fitting)[0]


def _is_of_several(group: Sequence[StoredEvaluation]) -> bool:
    return len({one.candidate for one in group}) > 1


def _answers(store: Store, evaluations: Collection[str]) -> Mapping[str, Mapping[str, _RunAnswer]]:
    query = """
        SELECT evaluation_key AS evaluation, entry.prompt_key AS prompt, any_value(response_a) AS response,
               any_value(chars_a) AS chars, avg(preference) AS preference
        FROM evaluation_entry AS entry JOIN judgment USING (judgment_key)
        WHERE list_contains(?, evaluation_key) GROUP BY ALL
    """
    answers: dict[str, dict[str, _RunAnswer]] = {evaluation: {} for evaluation in evaluations}
    for row in store.rows(query, [list(evaluations)]) if evaluations else ():
        evaluation, prompt = row.pop("evaluation"), row.pop("prompt")
        answers[evaluation][prompt] = _RunAnswer(**row)
    return answers


def _is_one_run(ours: Mapping[str, _RunAnswer], theirs: Mapping[str, _RunAnswer]) -> bool:
    shared = ours.keys() & theirs.keys()
    return bool(shared) and all(ours[prompt].is_like(theirs[prompt]) for prompt in shared)


def _several_runs(store: Store, group: Sequence[StoredEvaluation]) -> str:
    short = short_fingerprints({one.candidate for one in group})
    return (
        f"{store.path} holds {len(short)} runs of {group[0].candidate_name} on {group[0].benchmark} by "
        f"{group[0].judge}: {' and '.join(short.values())}; name one of them by this beginning of its fingerprint"
    )
