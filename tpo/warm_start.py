"""The supervised warm start: a few curated thoughts that teach the output format to a model too small to follow it
unaided (the paper names supervised thoughts as further work). The direct arm gets the same answers without thoughts.
"""

import json
from importlib.resources import files
from typing import Any

from harness.errors import UserError
from harness.modes import DIRECT, Mode
from tpo.thoughts import ThoughtTemplate, compose


def warm_start_rows(examples: int, mode: Mode, template: ThoughtTemplate) -> list[dict[str, Any]]:
    """Supervised rows for the trainer: chat messages of the mode and the completion.

    The first `examples` of the file are spread evenly over the categories.
    """
    lines = files("tpo").joinpath("warm_start.jsonl").read_text(encoding="utf-8").splitlines()
    if examples > len(lines):
        raise UserError(f"warm_start.examples is {examples}, but there are {len(lines)}; lower it")
    rows = []
    for example in map(json.loads, lines[:examples]):
        direct = mode.name == DIRECT.name
        completion = example["response"] if direct else compose(template, example["thought"], example["response"])
        rows.append({"messages": mode.messages(example["prompt"]), "completion": completion})
    return rows
