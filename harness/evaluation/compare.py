"""Two models on the prompts that they share: the paired difference, without a policy."""

from collections.abc import Sequence
from dataclasses import dataclass

from tpobench.harness.errors import StoreLacks, UserError, did_you_mean
from tpobench.harness.models.modes import in_mode
from tpobench.harness.stats.intervals import difference_interval
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A's figure minus B's on the items that both have, with its 95% interval; all in [-1, 1] (win rates and shares).

    `category` is None for all items. `a` and `b` are the means over the shared items; `own_a` and `own_b` count what
    each has.
    """

    benchmark: str
    measure: str
    category: str | None
    a: float
    b: float
    difference: float
    low: float
    high: float
    n: int
    own_a: int
    own_b: int


@dataclass(frozen=True)
class Side:
    """A model, by name or fingerprint, and the mode in which it answered (empty: any)."""

    model: str
    mode: str = ""


_JUDGED = """
SELECT evaluation_key FROM evaluation JOIN model ON model_key = candidate
WHERE ? IN (candidate, model.name) AND ? IN ('', candidate_mode)
"""

_VALUES = """
SELECT benchmark, judge, coalesce(b.name, baseline), baseline_mode, prompt_key, category, preference
FROM prompt_preference AS judged
JOIN evaluation ON evaluation.evaluation_key = judged.evaluation_key
JOIN prompt USING (prompt_key) LEFT JOIN model b ON b.model_key = baseline
WHERE list_contains(?, judged.evaluation_key) AND preference IS NOT NULL
QUALIFY row_number() OVER (
    PARTITION BY benchmark, judge, baseline, baseline_mode, prompt_key ORDER BY evaluation.created_at DESC
) = 1
"""

_ITEMS = """
SELECT benchmark, judge, metric, item, value FROM (
    SELECT benchmark, judge, evaluation_key FROM evaluation JOIN model ON model_key = candidate
    WHERE ? IN (candidate, model.name) AND ? IN ('', candidate_mode) AND starts_with(benchmark, 'lm_eval/')
    QUALIFY row_number() OVER (PARTITION BY benchmark, judge ORDER BY evaluation.created_at DESC) = 1
) JOIN item ON item.evaluation = evaluation_key
"""

_Measured = dict[tuple[str, str, str], dict[str, tuple[str | None, float]]]
"""By benchmark, measure and judge, then by item: its category and the value."""


def compare_models(store: Store, a: Side, b: Side) -> list[Difference]:
    """Every benchmark on which both were judged by one judge against one baseline in one mode, and every lm-eval metric
    with items of both: overall and by category. Raises UserError when they share nothing."""
    ours, theirs = _measured(store, a), _measured(store, b)
    found = []
    for key in sorted(ours.keys() & theirs.keys()):
        benchmark, measure, judge = key
        mine, other = ours[key], theirs[key]
        shared = sorted(mine.keys() & other.keys())
        categories = sorted({category for item in shared if (category := mine[item][0]) is not None})
        for category in [None, *(categories if len(categories) > 1 else [])]:
            items = [item for item in shared if category in (None, mine[item][0])]
            if items:
                pairs = [(mine[item][1], other[item][1]) for item in items]
                measured = benchmark, f"{measure}, {judge}", category
                found.append(_difference(*measured, pairs, len(mine), len(other)))
    if not found:
        raise UserError(f"{store.path}: {_apart(ours, theirs, a, b, store)}")
    return found


def _difference(
    benchmark: str, measure: str, category: str | None, pairs: Sequence[tuple[float, float]], own_a: int, own_b: int
) -> Difference:
    found = difference_interval([a - b for a, b in pairs])
    n = found.n
    mean_a, mean_b = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
    return Difference(
        benchmark=benchmark,
        measure=measure,
        category=category,
        a=mean_a,
        b=mean_b,
        difference=found.mean,
        low=found.low,
        high=found.high,
        n=n,
        own_a=own_a,
        own_b=own_b,
    )


def _measured(store: Store, side: Side) -> _Measured:
    known = sorted({row[0] for row in store.sql("SELECT name FROM model JOIN evaluation ON candidate = model_key")[1]})
    if not store.sql("SELECT 1 FROM model WHERE ? IN (model_key, name) LIMIT 1", [side.model])[1]:
        raise StoreLacks(store.path, f"{store.path} has measured no {side.model!r}; {did_you_mean(side.model, known)}")
    found: _Measured = {}
    judged = [row[0] for row in store.sql(_JUDGED, [side.model, side.mode])[1]]
    for benchmark, judge, baseline, mode, prompt, category, value in store.sql(_VALUES, [judged])[1]:
        measure = f"win rate v {in_mode(baseline, mode)}"
        found.setdefault((benchmark, measure, judge), {})[prompt] = (category, value)
    for benchmark, judge, metric, item, value in store.sql(_ITEMS, [side.model, side.mode])[1]:
        if 0 <= value <= 1:
            found.setdefault((benchmark, metric, judge), {})[item] = (None, value)
    return found


def _apart(ours: _Measured, theirs: _Measured, a: Side, b: Side, store: Store) -> str:
    def told(found: _Measured) -> str:
        return (
            "; ".join(f"{benchmark} ({measure}, {judge})" for benchmark, measure, judge in sorted(found)) or "nothing"
        )

    return (
        f"{a.model} and {b.model} were measured on nothing alike. {a.model}: {told(ours)}. {b.model}: {told(theirs)}. "
        "Run tpobench eval for both with the same benchmark, judge and baseline"
    )
