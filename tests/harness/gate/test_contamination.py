"""A gate warns where the candidate was trained on its prompts."""

import time

import pytest

from tests.harness.gate.evaluations import judged
from tests.harness.gate.inputs import policy
from tests.harness.store.training import trained
from tpobench.harness.api.client import Client
from tpobench.harness.gate.contamination import contamination, seen_in_training
from tpobench.harness.gate.input import GateRequest
from tpobench.harness.gate.run import decide
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

ASKED = "Explain to a child why the sky is blue and the sunset is red."


@pytest.mark.parametrize(
    "known",
    [
        ASKED,
        f"  {ASKED.upper()}\n",
        ASKED.replace("a", "а"),  # Cyrillic
        f"{ASKED}\u200b",
        f"{ASKED} Answer in 50 words, in the form of a letter, and without a list of any kind.",
        f"Please: {ASKED}",
    ],
)
def test_a_prompt_is_seen_in_any_dress(known: str) -> None:
    assert seen_in_training(["Another one.", ASKED], ["Name a fruit.", known]) == {1: 1}


@pytest.mark.parametrize(
    "known", ["Explain to a child why grass is green.", "Name a fruit", "Why is the sky blue?", ""]
)
def test_a_prompt_like_it_is_another(known: str) -> None:
    assert seen_in_training([ASKED, "Name a fruit of the north that is red."], [known]) == {}


def test_ten_thousand_training_prompts_take_a_second_or_two() -> None:
    known = [
        f"Write a short story about number {number} and tell it to {number % 7} children" for number in range(10**4)
    ]
    start = time.process_time()
    assert seen_in_training(known[:300], known) == {number: number for number in range(300)}
    assert time.process_time() - start < 10


def test_what_training_saw_is_counted(store: Store) -> None:
    trained(store, "one", "seed", ["prompt 1", "another"])
    trained(store, "two", "one", ["prompt 2"], run="more")
    prompts = [Prompt(f"prompt {number}", source="renamed file") for number in range(10)]
    found = contamination(store, "two", prompts)
    assert found is not None
    assert (found.prompts, found.of, found.share, found.runs) == ((1, 2), 10, 0.2, ("more", "mini"))
    assert contamination(store, "seed", prompts) is None


def test_every_decision_says_so(store: Store) -> None:
    judged(store, "good", 60)
    (model,) = store.rows("SELECT model_key FROM model WHERE name = 'good'")
    trained(store, model["model_key"], "seed", [f"PROMPT {number}  " for number in range(20)])
    result = decide(store, policy(), GateRequest(candidate="good", against="base"), Client, Progress(quiet=True))
    (warning,) = [warning for warning in result.decision.warnings if "trained" in warning]
    assert warning == (
        "good was trained by the run mini on 20 of these 80 prompts (25.0%): its answers there may be memorised; "
        "judge it on other prompts"
    )
