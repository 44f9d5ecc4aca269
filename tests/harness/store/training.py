"""Training jobs as a run leaves them in a store."""

from collections.abc import Sequence

from tpobench.harness.records import Model, Output, Pair, Prompt
from tpobench.harness.store.step_details import EpochDetails, TrainDetails
from tpobench.harness.store.store import Store


def output(model: str, prompt: Prompt, sample: int) -> Output:
    return Output(
        key=f"{model}/{prompt.text}/{sample}",
        model=model,
        mode="direct",
        prompt=prompt,
        sample=sample,
        params=None,
        raw_text="a",
        thought="",
        response="a",
        parse_error=None,
        finish_reason="stop",
        prompt_ids=(),
        token_ids=(),
    )


def trained(
    store: Store, model: str, parent: str, texts: Sequence[str], *, run: str = "mini", iteration: int = 1
) -> None:
    """The run trains `model` from `parent` on a pair for each of the texts."""
    store.add_run(f"key of {run}", run, {"samples": 4, "evaluation": {"format_retries": 2}}, {})
    store.add_model(Model(model, "", model), "dpo", parent)
    prompts = [Prompt(text, source="training") for text in texts]
    store.add_prompts(prompts)
    pairs = []
    for prompt in prompts:
        samples = [output(parent, prompt, sample) for sample in range(4)]
        store.add_outputs(samples)
        pairs.append(Pair(prompt=prompt, chosen=samples[0], rejected=samples[1], chosen_score=1.0, rejected_score=0.0))
    store.add_pairs("job", f"key of {run}", "direct", iteration, pairs)
    details = TrainDetails(
        job="job",
        name=model,
        target="",
        parent=parent,
        method="dpo",
        epochs=(EpochDetails(epoch=1, folder="", model=model, metrics={}),),
        metrics={},
    )
    store.finish_step(f"key of {run}", f"train/direct/{iteration}", details.as_stored(), 1.0)
