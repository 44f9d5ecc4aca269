"""What calls took."""

from tpobench.harness.records import CallRecord, Usage
from tpobench.harness.store.calls import median_seconds
from tpobench.harness.store.store import Store


def test_the_median_is_that_of_calls_without_a_problem(store: Store) -> None:
    assert median_seconds(store, "m") is None
    store.add_calls(
        CallRecord(
            key=key,
            subject="s",
            kind="judge",
            model=model,
            served_model=None,
            usage=Usage(),
            latency_s=seconds,
            attempt=1,
            problem=problem,
        )
        for key, model, seconds, problem in [
            ("a", "m", 1.0, None),
            ("b", "m", 3.0, None),
            ("c", "m", 90.0, "HTTP 500"),
            ("d", "other", 50.0, None),
        ]
    )
    assert median_seconds(store, "m") == 2.0
