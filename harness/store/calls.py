"""What calls to an API took, as a store remembers them."""

from tpobench.harness.store.store import Store


def median_seconds(store: Store, model: str) -> float | None:
    """The median of what a call to this model took in this store; None where it holds none."""
    query = "SELECT median(latency_s) AS seconds FROM call WHERE model = ? AND problem IS NULL"
    seconds = store.rows(query, [model])[0]["seconds"]
    return None if seconds is None else float(seconds)
