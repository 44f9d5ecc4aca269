"""What calls to an API took, as a store remembers them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from tpobench.harness.store.store import Store


def median_seconds(store: Store, model: str) -> float | None:
    """The median of what a call to this model took in this store; None where it holds none."""
    query = "SELECT median(latency_s) AS seconds FROM call WHERE model = ? AND problem IS NULL"
    seconds = store.rows(query, [model])[0]["seconds"]
    return None if seconds is None else float(seconds)


@dataclass(frozen=True)
class CallTotals:
    """How many calls were made, and their dollars; None where no price is known."""

    calls: int
    dollars: float | None


def calls_for(store: Store, subjects: Collection[str]) -> CallTotals:
    """The calls that these judgments took, by their keys."""
    query = "SELECT count(*) AS calls, sum(cost_usd) AS dollars FROM call WHERE subject IN (SELECT unnest(?))"
    return CallTotals(**store.rows(query, [list(subjects)])[0])


def judging_calls(store: Store, evaluations: Collection[str]) -> CallTotals:
    """The calls for the judgments of these evaluations; one that several share is counted once."""
    query = """
        SELECT count(*) AS calls, sum(cost_usd) AS dollars FROM call
        WHERE subject IN (SELECT judgment_key FROM evaluation_entry WHERE list_contains(?, evaluation_key))
    """
    return CallTotals(**store.rows(query, [list(evaluations)])[0])


def judging_calls_by_step(store: Store, run: str) -> dict[str, CallTotals]:
    """The calls for the judgments of each step of a run, by its name; of steps without any call nothing. A judgment
    that several steps share is counted in each."""
    query = """
        SELECT step.name, count(call_key) AS calls, sum(cost_usd) AS dollars FROM step
        JOIN evaluation ON evaluation_key = details->>'evaluation',
            unnest(list_distinct(judgment_keys)) AS judged(judgment_key)
        JOIN call ON call.subject = judged.judgment_key WHERE step.run = ? GROUP BY ALL
    """
    return {row["name"]: CallTotals(row["calls"], row["dollars"]) for row in store.rows(query, [run])}


@dataclass(frozen=True)
class ServedModel:
    """What a server called the model that answered for a judge, and when it first did."""

    name: str
    since: datetime


def served_models(store: Store, judge: str) -> list[ServedModel]:
    """Every model that servers said they answered with when this judge was asked, the first one first."""
    query = """
        SELECT served_model AS name, min(finished_at) AS since FROM call JOIN judgment ON judgment_key = subject
        WHERE judge = ? AND problem IS NULL AND served_model <> '' GROUP BY ALL ORDER BY since, name
    """
    return [ServedModel(**row) for row in store.rows(query, [judge])]


def models_asked(store: Store, judge: str) -> set[str]:
    """The names of the models that were asked for the judgments of this judge."""
    query = "SELECT DISTINCT model FROM call JOIN judgment ON judgment_key = subject WHERE judge = ?"
    return {row["model"] for row in store.rows(query, [judge])}
