"""Where a model's outputs come from, by its name."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.output_sources import NamedOutputs
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model, Prompt
from tpobench.harness.samplers.base import Sampler
from tpobench.harness.store.store import Store


def test_a_file_may_hold_answers_to_more_prompts_but_not_to_fewer(store: Store, tmp_path: Path) -> None:
    prompts = [Prompt(f"prompt {n}", "all") for n in range(4)]
    rows = [{"instruction": f"prompt {n}", "output": f"answer {n}"} for n in range(6)]
    (tmp_path / "more.json").write_text(json.dumps(rows))
    (tmp_path / "other.json").write_text(json.dumps(rows[1:]))
    spec = EvaluationSpec(benchmark=Benchmark(name="bench", prompts=prompts), candidate=str(tmp_path / "more.json"))
    source = NamedOutputs(store, refuse, Progress(quiet=True))
    assert source.candidate(spec).responses == [f"answer {n}" for n in range(4)]
    with pytest.raises(UserError, match="no answer to: 'prompt 0'"):
        source.candidate(replace(spec, candidate=str(tmp_path / "other.json")))


def test_a_file_of_answers_one_a_line_is_a_model(store: Store, tmp_path: Path) -> None:
    rows = [{"instruction": f"prompt {n}", "output": f"answer {n}"} for n in range(4)]
    (tmp_path / "m.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    prompts = [Prompt(f"prompt {n}", "all") for n in range(4)]
    spec = EvaluationSpec(benchmark=Benchmark(name="bench", prompts=prompts), candidate=str(tmp_path / "m.jsonl"))
    given = NamedOutputs(store, refuse, Progress(quiet=True)).candidate(spec)
    assert given.model.name == "m"
    assert given.responses == [f"answer {n}" for n in range(4)]


def refuse(model: Model) -> Sampler:
    raise AssertionError("nothing is sampled")
