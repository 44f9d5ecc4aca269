"""Outputs that somebody else made: kept like sampled ones, under a model whose identity is what it answered."""

from collections.abc import Sequence

from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Model, Output, Prompt, content_key
from tpobench.harness.store.store import Store


def add_answers(store: Store, name: str, prompts: Sequence[Prompt], answers: Sequence[str]) -> ModelOutputs:
    """Store the answers to the prompts (both in the same order) and return them as a model's outputs."""
    given = given_outputs(name, prompts, answers)
    store.add_model(given.model, "imported")
    store.add_prompts(prompts)
    store.add_outputs(given.outputs)
    return given


def given_outputs(name: str, prompts: Sequence[Prompt], answers: Sequence[str]) -> ModelOutputs:
    """The answers to the prompts (both in the same order) as a model's outputs."""
    fingerprint = content_key("imported", name, [prompt.text for prompt in prompts], answers)
    model = Model(name, "imported", fingerprint)
    outputs = [
        Output(
            key=content_key("imported", fingerprint, prompt.text),
            model=fingerprint,
            mode=DIRECT.name,
            prompt=prompt,
            sample=0,
            params=None,
            raw_text=answer,
            thought="",
            response=answer,
            parse_error=None if answer else "empty_response",
            finish_reason="unknown",
            prompt_ids=(),
            token_ids=(),
        )
        for prompt, answer in zip(prompts, answers, strict=True)
    ]
    return ModelOutputs(model, DIRECT, outputs, outputs)
