"""What was judged: evaluations with the names of both sides, their figures, and the verdict on every prompt."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import Any

from tpobench.harness.errors import StoreLacks, UserError, did_you_mean
from tpobench.harness.judges.checklist import LABEL
from tpobench.harness.models.modes import in_mode
from tpobench.harness.records import Metric
from tpobench.harness.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptVerdict:
    """What a judge said of one prompt. `games` are its judgments: order of presentation (``AB``: the candidate first)
    and preference, the probability that the candidate is better, None where there is no verdict. Lengths in characters.
    """

    prompt: str
    category: str
    games: tuple[tuple[str, float | None], ...]
    chars: int
    baseline_chars: int

    @property
    def value(self) -> float | None:
        """The mean over the games; None unless every game has a verdict."""
        seen = [preference for _, preference in self.games if preference is not None]
        return fmean(seen) if len(seen) == len(self.games) else None


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """One stored comparison of a candidate with a baseline. `rows` is the size of the whole benchmark where that is
    published; `notes` say why a figure cannot be compared with published ones."""

    key: str
    benchmark: str
    judge: str
    judge_label: str
    candidate: str
    fingerprint: str
    mode: str
    baseline: str
    baseline_fingerprint: str
    baseline_mode: str
    rows: int | None
    notes: tuple[str, ...]
    metrics: tuple[Metric, ...]
    verdicts: tuple[PromptVerdict, ...]

    @property
    def against(self) -> str:
        """What to call the baseline: in another mode it is another one."""
        return in_mode(self.baseline, self.baseline_mode)

    @property
    def is_itself(self) -> bool:
        """The baseline is the candidate, in the same mode: nothing but ties."""
        return (self.fingerprint, self.mode) == (self.baseline_fingerprint, self.baseline_mode)

    def overall(self, name: str) -> Metric | None:
        """The figure over all prompts; None when it was not measured."""
        return next((m for m in self.metrics if m.name == name and m.category is None), None)

    def by_category(self, name: str) -> dict[str, Metric]:
        return {m.category: m for m in self.metrics if m.name == name and m.category is not None}

    def figure(self, name: str) -> float | None:
        found = self.overall(name)
        return None if found is None else found.value

    @cached_property
    def values(self) -> dict[str, float]:
        """The candidate's preference by prompt, those without a verdict left out."""
        return {verdict.prompt: verdict.value for verdict in self.verdicts if verdict.value is not None}

    @property
    def prompts(self) -> int:
        return len(self.verdicts)

    @property
    def missing(self) -> int:
        return self.prompts - len(self.values)

    @property
    def wins(self) -> int:
        return sum(value > 0.5 for value in self.values.values())

    @property
    def losses(self) -> int:
        return sum(value < 0.5 for value in self.values.values())

    @property
    def ties(self) -> int:
        return len(self.values) - self.wins - self.losses

    @property
    def is_rule_based(self) -> bool:
        return self.judge.partition("@")[0] == "checklist"


_EVALUATIONS = """
SELECT evaluation_key, benchmark, judge, params, coalesce(c.name, candidate), candidate, candidate_mode,
       coalesce(b.name, baseline),
       baseline, baseline_mode
FROM evaluation LEFT JOIN model c ON c.model_key = candidate LEFT JOIN model b ON b.model_key = baseline
WHERE evaluation_key IN (SELECT unnest(?)) ORDER BY evaluation_key
"""

_METRICS = """
SELECT evaluation, name, value, n, category, low, high FROM metric
WHERE evaluation IN (SELECT unnest(?)) ORDER BY evaluation, name, category
"""

_GAMES = """
SELECT evaluation_key, entry.prompt_key, coalesce(category, ''), coalesce(presented_order, 'AB'), preference,
       coalesce(chars_a, 0), coalesce(chars_b, 0)
FROM evaluation_entry AS entry
LEFT JOIN judgment USING (judgment_key) LEFT JOIN prompt ON prompt.prompt_key = entry.prompt_key
WHERE list_contains(?, evaluation_key)
ORDER BY evaluation_key, place
"""

_NEWEST = """
SELECT evaluation_key FROM current_evaluation AS evaluation LEFT JOIN model ON model_key = candidate
WHERE len(judgment_keys) > 0 AND (? OR list_contains(?, candidate) OR list_contains(?, model.name))
    AND ? IN ('', benchmark)
ORDER BY evaluation.created_at DESC, evaluation_key
"""


def read_evaluations(store: Store, keys: Sequence[str]) -> dict[str, Evaluation]:
    """The evaluations by key, in the order of the keys; one that the store does not hold is left out."""
    wanted = [list(dict.fromkeys(keys))]
    metrics: dict[str, list[Metric]] = {}
    for row in store.rows(_METRICS, wanted):
        metrics.setdefault(row.pop("evaluation"), []).append(Metric(**row))
    games: dict[str, dict[str, list[Any]]] = {}
    for key, prompt, category, order, preference, chars, baseline_chars in store.sql(_GAMES, wanted)[1]:
        found = games.setdefault(key, {}).setdefault(prompt, [category, [], chars, baseline_chars])
        found[1].append((order, preference))
    told = {row[0]: row[1:] for row in store.sql(_EVALUATIONS, wanted)[1]}
    return {
        key: _evaluation(key, told[key], metrics.get(key, []), games.get(key, {})) for key in wanted[0] if key in told
    }


def newest_evaluations(store: Store, models: Sequence[str] = (), benchmark: str = "") -> list[str]:
    """Keys of the current evaluations with judgments, of these models or of all, the newest first."""
    names = list(models)
    return [row[0] for row in store.sql(_NEWEST, [not names, names, names, benchmark])[1]]


def require_judged(store: Store, models: Sequence[str], benchmark: str) -> None:
    """Raises UserError for a model or a benchmark that the store has not judged."""
    query = (
        "SELECT DISTINCT coalesce(name, candidate), candidate, benchmark FROM evaluation "
        "LEFT JOIN model ON model_key = candidate WHERE len(judgment_keys) > 0"
    )
    judged = store.sql(query)[1]
    for name in models:
        if not any(name in (known, fingerprint) for known, fingerprint, _ in judged):
            known = sorted({row[0] for row in judged})
            raise StoreLacks(store.path, f"{store.path} has judged no {name!r}; {did_you_mean(name, known)}")
    if benchmark and benchmark not in {row[2] for row in judged}:
        known = sorted({row[2] for row in judged})
        raise UserError(f"{store.path} holds nothing of the benchmark {benchmark!r}; {did_you_mean(benchmark, known)}")


def named_apart(evaluations: Iterable[Evaluation]) -> dict[str, str]:
    """What to call each evaluation's candidate, by key: its name, with mode and fingerprint only where it needs them
    to be told from another one."""
    all_of = list(evaluations)

    def several(attribute: str, name: str) -> bool:
        return len({getattr(e, attribute) for e in all_of if e.candidate == name}) > 1

    def name(e: Evaluation) -> str:
        mode = f", {e.mode}" if several("mode", e.candidate) else ""
        return e.candidate + (f" ({e.fingerprint[:6]})" if several("fingerprint", e.candidate) else "") + mode

    return {evaluation.key: name(evaluation) for evaluation in all_of}


def _evaluation(
    key: str, about: Sequence[Any], metrics: Sequence[Metric], games: Mapping[str, Sequence[Any]]
) -> Evaluation:
    benchmark, judge, params, candidate, fingerprint, mode, baseline, baseline_fingerprint, baseline_mode = about
    told = json.loads(params)
    label = LABEL if judge.partition("@")[0] == "checklist" else told.get("judge_label") or judge
    verdicts = tuple(
        PromptVerdict(prompt=prompt, category=category, games=tuple(played), chars=chars, baseline_chars=baseline_chars)
        for prompt, (category, played, chars, baseline_chars) in games.items()
    )
    return Evaluation(
        key=key,
        benchmark=benchmark,
        judge=judge,
        judge_label=label,
        candidate=candidate,
        fingerprint=fingerprint,
        mode=mode,
        baseline=baseline,
        baseline_fingerprint=baseline_fingerprint,
        baseline_mode=baseline_mode,
        rows=told.get("rows"),
        notes=tuple(told.get("not_comparable") or ()),
        metrics=tuple(metrics),
        verdicts=verdicts,
    )
