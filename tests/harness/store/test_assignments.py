"""What models assigned to prompts."""

from tpobench.harness.records import Assignment, Prompt
from tpobench.harness.store.assignments import assigned_values
from tpobench.harness.store.store import Store


def test_what_was_assigned_last_counts_and_nothing_is_left_out(store: Store) -> None:
    prompts = [Prompt("first", "a"), Prompt("second", "a"), Prompt("third", "a")]
    store.add_prompts(prompts)
    for number, (prompt, value) in enumerate([(prompts[0], "old"), (prompts[0], "new"), (prompts[1], None)]):
        store.add_assignments(
            [Assignment(key=str(number), assigner="a", kind="k", text_key=prompt.text_key, value=value, raw="")]
        )
        store.drain()
    keys = [prompt.key for prompt in prompts]
    assert assigned_values(store, "k", keys) == {prompts[0].key: "new"}
    assert assigned_values(store, "other", keys) == {}
