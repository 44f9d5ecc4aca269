"""The supervised warm start: a few curated thoughts that teach the output format to a model too small to follow it
unaided (the paper names supervised thoughts as further work). The direct arm gets the same answers without thoughts.
"""

import json
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.models.thoughts import ThoughtTemplate, compose, template_named
from tpobench.harness.records import Model, Prompt
from tpobench.harness.store.step_details import WarmStartDetails
from tpobench.harness.store.steps import Arm, Step
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.selection import install_epoch
from tpobench.tpo.training import train

Example = dict[str, str]
"""``prompt``, ``thought`` and ``response``."""


def warm_started(run: TrainingRun, arm: Arm) -> Model:
    """The model that the first iteration of an arm starts from: the seed itself where no warm start is configured."""
    settings = run.config.warm_start
    if settings is None:
        return run.seed
    template = template_named(run.config.thought_mode.partition(":")[2])
    rows = warm_start_rows(settings.examples, run.mode(arm), template, settings.file)
    job = {"method": "sft"} | settings.model_dump(include={"epochs", "learning_rate", "batch_size"})

    def work() -> WarmStartDetails:
        details = train(run, WarmStartDetails, name=f"{arm}-0", start=run.seed, rows=rows, settings=job)
        return replace(details, examples=len(rows))

    trained = run.step(Step(WarmStartDetails, arm), work)
    run.progress.say(f"{arm}-0  trained, loss {trained.metrics['loss']:.3f}")
    return install_epoch(run, trained, trained.epochs[-1].model)


def warm_start_rows(
    examples: int, mode: Mode, template: ThoughtTemplate, file: str | None = None
) -> list[dict[str, Any]]:
    """Supervised rows for the trainer: chat messages of the mode and the completion."""
    rows, direct = [], mode.name == DIRECT.name
    for example in warm_start_examples(examples, file):
        completion = example["response"] if direct else compose(template, example["thought"], example["response"])
        rows.append({"messages": mode.messages(example["prompt"]), "completion": completion})
    return rows


def warm_start_prompts(examples: int, file: str | None = None) -> list[Prompt]:
    """What the warm start teaches with: training and evaluation keep clear of it."""
    return [Prompt(example["prompt"], source="warm start") for example in warm_start_examples(examples, file)]


def warm_start_examples(examples: int, file: str | None = None) -> list[Example]:
    """The first `examples` of the user's JSONL file, or of tpobench's own, which is spread evenly over the categories.

    Raises UserError for too few of them, and for a line without one of the three texts.
    """
    name = file or "tpobench's warm start"
    try:
        source = files("tpobench.tpo").joinpath("warm_start.jsonl") if file is None else Path(file)
        lines = [line for line in source.read_text(encoding="utf-8").split("\n") if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"warm_start.file {file} cannot be read: {error}") from error
    if examples > len(lines):
        raise UserError(f"warm_start.examples is {examples}, but there are {len(lines)} in {name}; lower it")
    return [_example(line, f"{name}:{number}") for number, line in enumerate(lines[:examples], 1)]


def _example(line: str, where: str) -> Example:
    try:
        row = json.loads(line)
        example = {key: row[key] for key in ("prompt", "thought", "response")}
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{where} needs the texts 'prompt', 'thought' and 'response': {error}") from error
    if not all(isinstance(text, str) and text.strip() for text in example.values()):
        raise UserError(f"{where}: 'prompt', 'thought' and 'response' must be texts, none of them empty")
    return example
