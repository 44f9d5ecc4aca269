"""Which evaluation of a store a gate is about."""

import json
from dataclasses import replace

import pytest

from tests.harness.gate.evaluations import CHECKLIST, PROMPTS
from tests.harness.gate.inputs import policy
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.run import evaluate_outputs
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.gate.stored_pairs import evaluation_against, evaluation_of_pair
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Model, Output, Prompt, SamplingParams
from tpobench.harness.store.evaluations import evaluation_with_key
from tpobench.harness.store.store import Store

OTHERS = [Prompt(f"other prompt {n}", "all", checks=({"contains": "yes"},)) for n in range(60)]


def sampled(store: Store, name: str, word: str, prompts: list[Prompt], **params: object) -> ModelOutputs:
    """What a model with weights answered, in so many tokens."""
    model, sampling = Model(name, name, name * 8), replace(SamplingParams(), **params)  # type: ignore[arg-type]
    store.add_model(model, "given")
    store.add_prompts(prompts)
    outputs = [
        Output(
            key=json.dumps([name, word, prompt.key, str(params)]),
            model=model.fingerprint,
            mode=DIRECT.name,
            prompt=prompt,
            sample=0,
            params=sampling,
            raw_text=f"{word} {prompt.text}",
            thought="",
            response=f"{word} {prompt.text}",
            parse_error=None,
            finish_reason="stop",
            prompt_ids=(),
            token_ids=(),
        )
        for prompt in prompts
    ]
    store.add_outputs(outputs)
    return ModelOutputs(model, DIRECT, outputs, outputs)


def evaluated(store: Store, word: str, prompts: list[Prompt] = PROMPTS, against: str = "base", **params: object) -> str:
    ours, theirs = (sampled(store, name, said, prompts, **params) for name, said in (("new", word), (against, "no")))
    return evaluate_outputs(store, CHECKLIST, Benchmark(name="bench", prompts=prompts), ours, theirs)


def chosen(store: Store, **rules: object) -> str:
    return evaluation_of_pair(store, policy(**rules), "new", "base").evaluation


def test_an_evaluation_on_a_part_of_the_prompts_does_not_stand_for_the_whole(store: Store) -> None:
    whole = evaluated(store, "no")
    evaluated(store, "yes", PROMPTS[:5])
    assert chosen(store) == whole


def test_another_file_of_the_same_name_is_not_taken_for_the_first(store: Store) -> None:
    first = evaluated(store, "no")
    evaluated(store, "yes", OTHERS)
    with pytest.raises(UserError, match=r"on several sets of prompts called bench; pin one under pins\.prompts"):
        chosen(store)
    assert chosen(store, pins={"prompts": prompts_digest(PROMPTS)}) == first


def test_answers_in_other_tokens_are_not_taken_for_the_first(store: Store) -> None:
    evaluated(store, "no", max_new_tokens=512)
    evaluated(store, "yes", max_new_tokens=8)
    with pytest.raises(UserError, match=r"under settings that differ \(max_new_tokens 8 and 512\)"):
        chosen(store)


def test_another_seed_is_another_draw_of_the_same(store: Store) -> None:
    evaluated(store, "no", seed=0)
    newest = evaluated(store, "yes", seed=1)
    assert chosen(store) == newest


def test_the_anchor_has_met_the_same_answers_to_the_same_prompts(store: Store) -> None:
    like = evaluation_with_key(store, evaluated(store, "no", seed=0))
    evaluated(store, "yes", against="anchor", seed=1)
    evaluated(store, "no", PROMPTS[:20], against="anchor", seed=0)
    with pytest.raises(UserError, match=r"against anchor on bench by checklist@1 with the same answers to the same"):
        evaluation_against(store, policy(), like, "anchor")
    same = evaluated(store, "no", against="anchor", seed=0)
    assert evaluation_against(store, policy(), like, "anchor").evaluation == same
