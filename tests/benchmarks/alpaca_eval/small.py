"""A benchmark of forty instructions in AlpacaEval's form, and annotations of a model on it."""

import json
from pathlib import Path
from typing import Any

from tpobench.benchmarks.alpaca_eval.data import AlpacaData
from tpobench.harness.evaluation.answer_files import AnsweredPrompt
from tpobench.harness.records import Prompt

PROMPTS = [Prompt(f"instruction {n}", "ab"[n % 2], "alpaca_eval") for n in range(40)]


SMALL = AlpacaData(
    tuple(AnsweredPrompt(prompt, f"baseline {n}") for n, prompt in enumerate(PROMPTS)), "gpt4_1106_preview", None
)


def annotations(model: str = "m") -> list[dict[str, Any]]:
    return [
        {
            "instruction": row.prompt.text,
            "output_1": row.answer,
            "generator_1": "gpt4_1106_preview",
            "output_2": f"answer {n}",
            "generator_2": model,
            "dataset": "ab"[n % 2],
            "annotator": "weighted_alpaca_eval_gpt4_turbo",
            "preference": 1 + n / 40,
            "raw_completion": "m",
        }
        for n, row in enumerate(SMALL.rows)
    ]


def written(folder: Path, rows: object, name: str = "annotations.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(json.dumps(rows))
    return folder / name
