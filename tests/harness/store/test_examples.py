"""The texts of what was judged."""

from tests.reports.stores import Judging, answered, judged, prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.examples import candidate_answers, example_judgments, example_outputs
from tpobench.harness.store.store import Store


def test_a_judgment_comes_with_its_prompt_and_the_keys_of_both_outputs(store: Store) -> None:
    asked = prompts(2)
    new, old = (answered(store, name, DIRECT, asked, [f"{name} 0", f"{name} 1"]) for name in ("new", "old"))
    key = judged(store, new, old, Judging(say=lambda n, order: None if n else 0.9, orders=("AB",)))
    first, second = example_judgments(store, [key], [prompt.key for prompt in asked])
    assert (first.text, first.category, first.order, first.preference) == (asked[0].text, asked[0].category, "AB", 0.9)
    assert (first.candidate_output, first.baseline_output) == (new.outputs[0].key, old.outputs[0].key)
    assert (second.preference, second.checks) == (None, ())
    assert [one.prompt for one in example_judgments(store, [key], [asked[1].key])] == [asked[1].key]


def test_the_raw_text_comes_only_where_it_did_not_parse(store: Store) -> None:
    asked = prompts(2)
    new = answered(store, "new", DIRECT, asked, ["fine", ""], thought="hm")
    parsed, failed = example_outputs(store, [output.key for output in new.outputs]).values()
    if not parsed.response:
        parsed, failed = failed, parsed
    assert (parsed.response, parsed.thought, parsed.raw_text, parsed.parse_error) == ("fine", "hm", "", None)
    assert (failed.raw_text, failed.parse_error) == ("hm", "empty_response")


def test_a_candidate_s_answers_come_in_the_order_of_the_evaluation(store: Store) -> None:
    asked = prompts(3)
    new, old = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(3)]) for name in ("new", "old"))
    key = judged(store, new, old, Judging(say=lambda n, order: 0.9, orders=("AB",)))
    assert [(one.prompt, one.response) for one in candidate_answers(store, key)] == [
        (prompt.text, f"new {n}") for n, prompt in enumerate(asked)
    ]
