"""A gate on what the store holds already: no judge is asked, nothing is sampled."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from tpobench.harness.errors import StoreLacks, UserError, did_you_mean
from tpobench.harness.gate.input import GateInput, OutputSummary, TaskItems
from tpobench.harness.gate.policy import Policy
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.gate.scored import with_scorers
from tpobench.harness.models.modes import in_mode
from tpobench.harness.records import Metric, Prompt
from tpobench.harness.store.store import Store

_MEETING = """
SELECT evaluation_key, benchmark, judge, candidate, c.name, candidate_mode, baseline, b.name, baseline_mode
FROM evaluation JOIN model c ON c.model_key = candidate JOIN model b ON b.model_key = baseline
"""


@dataclass(frozen=True)
class StoredEvaluation:
    """A stored evaluation of one model (by fingerprint and name) against another."""

    evaluation: str
    benchmark: str
    judge: str
    candidate: str
    candidate_name: str
    candidate_mode: str
    baseline: str
    baseline_name: str
    baseline_mode: str

    @property
    def against(self) -> str:
        """What to call the baseline."""
        return in_mode(self.baseline_name, self.baseline_mode)


class StoredPreferences:
    """The judgments of a stored evaluation. All that will ever be there is there, so judging is free."""

    free = True
    advice = "tpobench eval --retry-missing asks again"

    def __init__(self, store: Store, meeting: StoredEvaluation, against: str = "") -> None:
        self.against = against or meeting.against
        query = "SELECT prompt_key, preference FROM prompt_preference WHERE evaluation_key = ? ORDER BY place"
        found: dict[str, float | None] = dict(store.sql(query, [meeting.evaluation])[1])
        self.prompts: Sequence[Prompt] = stored_prompts(store, list(found))
        self._values = list(found.values())

    def judge(self, places: Sequence[int]) -> list[float | None]:
        return [self._values[place] for place in places]


def mean_of(games: Sequence[float | None]) -> float | None:
    """A prompt's preference over its games; None when one of them is missing."""
    seen = [game for game in games if game is not None]
    return sum(seen) / len(seen) if seen and len(seen) == len(games) else None


def stored_prompts(store: Store, keys: Sequence[str]) -> list[Prompt]:
    """The prompts with these keys, in the order given."""
    query = "SELECT prompt_key, text, category, source, checks FROM prompt WHERE prompt_key IN (SELECT unnest(?))"
    found = {
        key: Prompt(text, category, source, tuple(json.loads(checks)))
        for key, text, category, source, checks in store.sql(query, [list(keys)])[1]
    }
    return [found[key] for key in keys]


def stored_evaluation_of(
    store: Store, candidate: str, against: str, policy: Policy, like: StoredEvaluation | None = None
) -> StoredEvaluation:
    """The evaluation of one model against another, by name or fingerprint: the one on most prompts, of those the
    newest. With `like`, one on the same benchmark, by the same judge and in the same mode.

    Raises UserError when they were never compared, and when they were compared on several benchmarks, judges or
    modes and the policy does not say which.
    """
    rows = store.sql(_MEETING + "ORDER BY len(list_distinct(prompt_keys)) DESC, evaluation.created_at DESC", [])[1]
    met = [StoredEvaluation(*row) for row in rows]
    known = sorted({name for meeting in met for name in (meeting.candidate_name, meeting.baseline_name)})
    for name in (candidate, against):
        if not any(name in _names(meeting) for meeting in met):
            raise StoreLacks(store.path, f"{store.path} has no evaluation of {name!r}; {did_you_mean(name, known)}")
    found = [
        m
        for m in met
        if candidate in (m.candidate, m.candidate_name)
        and against in (m.baseline, m.baseline_name)
        and (like is None or _place(m) == _place(like))
    ]
    if not found:
        where = "" if like is None else f" on {like.benchmark} by {like.judge}"
        raise UserError(
            f"{candidate} was never judged against {against}{where} in {store.path}; tpobench compare shows their "
            "paired difference, and a policy with 'evaluate' lets the gate judge them"
        )
    pinned = [meeting for meeting in found if policy.pins.judge in (None, meeting.judge)] or found
    for what in ("judge", "benchmark", "candidate", "baseline", "candidate_mode", "baseline_mode"):
        several = sorted({getattr(meeting, what) for meeting in pinned})
        if len(several) > 1:
            advice = "pin one under pins.judge of the policy" if what == "judge" else "say which under 'evaluate'"
            raise UserError(
                f"{candidate} was compared with {against} with more than one {what}: {', '.join(several)}; {advice}"
            )
    return pinned[0]


def stored_evaluation_named(store: Store, evaluation: str) -> StoredEvaluation:
    """The evaluation with this key."""
    (row,) = store.sql(_MEETING + "WHERE evaluation_key = ?", [evaluation])[1]
    return StoredEvaluation(*row)


def stored_input(
    store: Store, policy: Policy, meeting: StoredEvaluation, candidate: str = "", against: str = ""
) -> GateInput:
    """The case of a stored evaluation; the anchor's is looked up, and has to be there. `candidate` and `against` are
    what to call the two."""
    ours, theirs = output_summaries(store, meeting)
    head = StoredPreferences(store, meeting, against)
    anchor, other = None, None
    if policy.anchor is not None:
        other = stored_evaluation_of(store, meeting.candidate, policy.anchor.against, policy, meeting)
        anchor = StoredPreferences(store, other)
        if prompts_digest(anchor.prompts) != prompts_digest(head.prompts):
            raise UserError(
                f"{other.candidate_name} was compared with {other.against} on other prompts than with {head.against}"
            )
    figures = figures_of(store, meeting.candidate, meeting.candidate_mode, meeting.benchmark, meeting.judge)
    return GateInput(
        candidate=candidate or meeting.candidate_name,
        judge=meeting.judge,
        benchmark=meeting.benchmark,
        head_to_head=head,
        baseline=head.against,
        baseline_fingerprint=meeting.baseline,
        candidate_fingerprint=meeting.candidate,
        candidate_mode=meeting.candidate_mode,
        outputs=ours,
        baseline_outputs=theirs,
        anchor=anchor,
        metrics=with_scorers(store, policy, figures, head.prompts, ours.responses),
        items=items_of(
            store, policy, meeting.candidate, meeting.candidate_mode, meeting.baseline, meeting.baseline_mode
        ),
        also_met=() if other is None else (other.baseline,),
    )


def output_summaries(store: Store, meeting: StoredEvaluation) -> tuple[OutputSummary, OutputSummary]:
    """What the store tells of both sides' outputs."""
    found = {m.name: m.value for m in store.metrics(meeting.evaluation) if m.category is None}
    query = "SELECT prompt_keys, candidate_outputs FROM evaluation WHERE evaluation_key = ?"
    ((prompts, keys),) = store.sql(query, [meeting.evaluation])[1]
    texts = store.responses(keys)
    of_prompt = dict(zip(prompts, keys, strict=True)).values()
    responses = [texts[key] for key in of_prompt] if keys and all(key in texts for key in keys) else None
    ours = OutputSummary(
        response_chars=found.get("response_chars"),
        thought_chars=found.get("thought_chars"),
        parse_error_rate=found.get("parse_error_rate"),
        responses=responses,
    )
    return ours, OutputSummary(response_chars=found.get("baseline_response_chars"))


def figures_of(store: Store, candidate: str, mode: str, benchmark: str, judge: str) -> dict[str, Metric]:
    """By name, the newest overall figures of the candidate on a benchmark by a judge."""
    query = (
        "SELECT metric.name, metric.value, n, category, low, high FROM metric "
        "JOIN evaluation ON evaluation_key = metric.evaluation "
        "WHERE candidate = ? AND candidate_mode = ? AND benchmark = ? AND judge = ? AND category IS NULL "
        "ORDER BY created_at"
    )
    return {row[0]: Metric(*row) for row in store.sql(query, [candidate, mode, benchmark, judge])[1]}


def items_of(
    store: Store, policy: Policy, candidate: str, mode: str, baseline: str, baseline_mode: str
) -> dict[str, TaskItems]:
    """By task of the policy, both models' values of every item that both have answered, and how many the larger side
    has."""
    found = {}
    for task, rule in policy.lm_eval.items():
        ours = _items(store, task, rule.metric, candidate, mode)
        theirs = _items(store, task, rule.metric, baseline, baseline_mode)
        pairs = [(ours[item], theirs[item]) for item in sorted(ours.keys() & theirs.keys())]
        found[task] = TaskItems(pairs, max(len(ours), len(theirs)))
    return found


def _items(store: Store, task: str, metric: str, model: str, mode: str) -> dict[str, float]:
    """Of the newest evaluation of the task."""
    query = (
        "SELECT evaluation_key FROM evaluation WHERE benchmark = ? AND candidate = ? AND candidate_mode = ? "
        "ORDER BY created_at DESC LIMIT 1"
    )
    rows = store.sql(query, [f"lm_eval/{task}", model, mode])[1]
    if not rows:
        return {}
    evaluation = rows[0][0]
    names = [row[0] for row in store.sql("SELECT DISTINCT metric FROM item WHERE evaluation = ?", [evaluation])[1]]
    chosen = [name for name in names if name == metric] or [n for n in names if n.partition(",")[0] == metric]
    if len(chosen) > 1:
        raise UserError(
            f"{task} has {' and '.join(sorted(chosen))}; say which under lm_eval.{task}.metric of the policy"
        )
    return store.items(evaluation, chosen[0]) if chosen else {}


def _place(meeting: StoredEvaluation) -> tuple[str, str, str]:
    return meeting.benchmark, meeting.judge, meeting.candidate_mode


def _names(meeting: StoredEvaluation) -> tuple[str, ...]:
    return meeting.candidate, meeting.candidate_name, meeting.baseline, meeting.baseline_name
