"""A benchmark file, the finished answers of two models, and a judge that scores them."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.miniature import build_reward_model
from tpobench.harness.evaluation.registry import benchmark_named
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.records import Prompt

ANSWERS = {"ours": "{} A long, complete and careful answer.", "theirs": "{} No."}


@dataclass(frozen=True)
class AnsweredBenchmark:
    """`bench.jsonl` in a folder, and `ours.json` and `theirs.json` with an answer to each of its prompts."""

    folder: Path
    prompts: tuple[Prompt, ...]

    def answers(self, name: str) -> list[str]:
        return [ANSWERS[name].format(prompt.text) for prompt in self.prompts]

    def spec(self, judge: str, **settings: object) -> EvaluationSpec:
        return EvaluationSpec(
            benchmark=benchmark_named(str(self.folder / "bench.jsonl")),
            candidate=str(self.folder / "ours.json"),
            baseline=str(self.folder / "theirs.json"),
            judge=judge,
            **settings,  # type: ignore[arg-type]
        )


@pytest.fixture
def answered(tmp_path: Path) -> AnsweredBenchmark:
    texts = [f"Question number {number}?" for number in range(12)]
    (tmp_path / "bench.jsonl").write_text("\n".join(json.dumps({"prompt": text}) for text in texts))
    for name, form in ANSWERS.items():
        rows = [{"instruction": text, "output": form.format(text), "generator": name} for text in texts]
        (tmp_path / f"{name}.json").write_text(json.dumps(rows))
    benchmark = benchmark_named(str(tmp_path / "bench.jsonl"))
    return AnsweredBenchmark(tmp_path, tuple(benchmark.prompts))


@pytest.fixture(scope="session")
def reward_model(seed_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_reward_model(tmp_path_factory.mktemp("models") / "reward", seed_folder)
