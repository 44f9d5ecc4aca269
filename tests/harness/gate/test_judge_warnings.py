"""Every decision names a judge that trained the candidate, and servers that answered with several models."""

from tests.harness.gate.evaluations import judged
from tests.harness.gate.inputs import policy
from tests.harness.store.training import trained
from tpobench.harness.api.client import Client
from tpobench.harness.gate.decision import Decision
from tpobench.harness.gate.input import GateRequest
from tpobench.harness.gate.run import decide
from tpobench.harness.progress import Progress
from tpobench.harness.records import CallRecord, Judgment, Prompt, Score, Usage, text_key
from tpobench.harness.store.store import Store


def decided(store: Store) -> Decision:
    return decide(store, policy(), GateRequest(candidate="good", against="base"), Client, Progress(quiet=True)).decision


def call(subject: str, served: str) -> CallRecord:
    return CallRecord(
        key=f"call for {subject}",
        subject=subject,
        kind="judge",
        model="m",
        served_model=served,
        usage=Usage(prompt_tokens=1),
        latency_s=1.0,
        attempt=1,
    )


def scored(store: Store, judge: str) -> None:
    """`judge` scored what `good`'s parent was trained on."""
    judged(store, "good", 60)
    (row,) = store.rows("SELECT model_key FROM model WHERE name = 'good'")
    trained(store, "one", "seed", ["Name a fruit."], run="first")
    trained(store, row["model_key"], "one", ["Name a river."], run="second")
    store.add_scores(
        [Score(judge=judge, prompt=Prompt("Name a fruit.", source="training"), response="a", value=1.0, components={})]
    )


def test_a_judge_that_trained_the_candidate_or_its_parent_is_named(store: Store) -> None:
    scored(store, "checklist@1")
    (warning,) = [warning for warning in decided(store).warnings if "judge" in warning]
    assert warning == (
        "the judge checklist@1 also made the preferences that the run first trained good on: it may prefer "
        "what it has taught; use another judge"
    )


def test_another_judge_is_none_to_warn_of(store: Store) -> None:
    scored(store, "reward@1")
    assert not [warning for warning in decided(store).warnings if "judge" in warning]


def test_the_same_model_behind_another_judge_is_named(store: Store) -> None:
    scored(store, "reward@1")
    (chosen,) = store.rows("SELECT DISTINCT prompt_key AS key FROM pair WHERE run = 'key of first'")
    (ours, *_) = store.rows("SELECT judgment_key AS key FROM judgment ORDER BY 1")
    judgment = Judgment(
        key="elo",
        judge="elo@1",
        prompt_key=chosen["key"],
        response_a=text_key("a"),
        response_b=text_key("b"),
        chars_a=1,
        chars_b=1,
        order="AB",
        verdict="A",
        preference=1.0,
        raw="",
    )
    store.add_judgments([judgment], [call("elo", "big"), call(ours["key"], "big")])
    store.drain()
    (warning,) = [warning for warning in decided(store).warnings if "judge" in warning]
    assert warning.startswith("the judge's model m also made the preferences that the run first trained good on")


def test_servers_that_answered_with_another_model_are_named(store: Store) -> None:
    judged(store, "good", 60)
    keys = [row["key"] for row in store.rows("SELECT judgment_key AS key FROM judgment ORDER BY 1 LIMIT 2")]
    store.add_calls(call(key, served) for key, served in zip(keys, ("gpt-4-0613", "gpt-4-1106"), strict=True))
    store.drain()
    (warning,) = [warning for warning in decided(store).warnings if "served" in warning or "servers" in warning]
    assert "gpt-4-0613" in warning
    assert "gpt-4-1106" in warning
