"""Outputs that somebody else made: kept like sampled ones, under a model whose identity is what it answered."""

from collections.abc import Sequence

from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Model, Output, Prompt, content_key
from tpobench.harness.store.store import Store


def add_answers(store: Store, name: str, prompts: Sequence[Prompt], answers: Sequence[str]) -> ModelOutputs:
    """Store the answers to the prompts (both in the same order) and give them as a contender."""
    fingerprint = content_key("imported", name, [prompt.text for prompt in prompts], answers)
    model = Model(name, "imported", fingerprint)
    outputs = [
        Output(
            content_key("imported", fingerprint, prompt.text), fingerprint, DIRECT.name, prompt, 0, None, answer, "",
            answer, None if answer else "empty_response", "unknown", (), (),
        )
        for prompt, answer in zip(prompts, answers, strict=True)
    ]  # fmt: skip
    store.add_model(model, "imported")
    store.add_prompts(prompts)
    store.add_outputs(outputs)
    return ModelOutputs(model, DIRECT, outputs, outputs)
