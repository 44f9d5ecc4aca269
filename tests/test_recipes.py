"""The recipes of the documentation, run as they are written: only the models' addresses are those of a scripted server,
and ``git clone`` copies folders of the tests."""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.apis.assistants import assistants_server
from tests.benchmarks.arena_hard.folders import write
from tests.trl_runs import trl_run
from tpobench.benchmarks.arena_hard.versions import BASELINES
from tpobench.harness.gate.policy_file import load_policy

ROOT = Path(__file__).parents[1]
RECIPES = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
SECTIONS = dict(section.split("\n", 1) for section in re.split(r"^## ", RECIPES, flags=re.MULTILINE)[1:])
BLOCKS = {title: re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE) for title, text in SECTIONS.items()}
ADDRESS = re.compile(r"http://127\.0\.0\.1:800\d/v1")

GIT = """#!/bin/sh
# git clone ADDRESS [FOLDER]: a copy of what the tests have under the last part of the address
name=${2##*/}
case $2 in *huggingface*) name=$name-data;; esac
cp -r "$CLONES/$name" "${3:-${2##*/}}"
"""

TEMPLATE = (
    "<|User Prompt|>\n{QUESTION}\n\n<|The Start of Assistant A's Answer|>\n{ANSWER_A}\n<|The End of Assistant A's "
    "Answer|>\n\n<|The Start of Assistant B's Answer|>\n{ANSWER_B}\n<|The End of Assistant B's Answer|>"
)

SETTINGS = """JUDGE_SETTINGS = {
    "hard_prompt": {"baseline": "o3-mini-2025-01-31", "system_prompt": "Judge."},
    "creative_writing": {"baseline": "gemini-2.0-flash-001", "system_prompt": "Judge kindly."},
}
"""


def questions() -> Iterator[dict[str, str]]:
    places = [("hard_prompt", "math"), ("hard_prompt", "coding"), ("creative_writing", "creative_writing")]
    rng = random.Random(0)
    for number in range(90):
        category, subcategory = places[number % 3]
        topics = " and ".join(f"topic{topic}" for topic in rng.sample(range(1000), 5))
        text = f"What do {topics} have in common?"
        yield {"uid": f"q{number}", "category": category, "subcategory": subcategory, "prompt": text}


def clones(folder: Path) -> None:
    """What the recipes clone: Arena-Hard's repository and its data set."""
    rows = list(questions())
    data = folder / "arena-hard-auto-data" / "data" / "arena-hard-v2.0"
    write(data / "question.jsonl", *rows)
    for model in BASELINES["v2.0"].values():
        answers = []
        for number, row in enumerate(rows):
            content = {"answer": f"They share something: {' '.join(row['prompt'].split()[2 : 5 + number % 4 * 2])}."}
            said = [{"role": "user", "content": row["prompt"]}, {"role": "assistant", "content": content}]
            answers.append({"uid": row["uid"], "messages": said})
        write(data / "model_answer" / f"{model}.jsonl", *answers)
    config = {"judge_model": "gpt-4.1", "temperature": 0.0, "max_tokens": 16000, "prompt_template": TEMPLATE}
    config["regex_patterns"] = [r"\[\[([AB<>=]+)\]\]", r"\[([AB<>=]+)\]"]
    write(folder / "arena-hard-auto" / "config" / "arena-hard-v2.0.yaml", yaml.safe_dump(config))
    write(folder / "arena-hard-auto" / "utils" / "judge_utils.py", SETTINGS)


@pytest.fixture(scope="module")
def kitchen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment that the recipes run in: `tpobench` and `git` on the PATH, and OpenAI's address a server's."""
    folder = tmp_path_factory.mktemp("kitchen")
    clones(folder / "clones")
    programs = folder / "bin"
    write(programs / "git", GIT).chmod(0o755)
    write(programs / "python", f'#!/bin/sh\nexec {sys.executable} "$@"').chmod(0o755)
    write(
        programs / "tpobench", f'#!/bin/sh\nexec {sys.executable} -c "from tpobench.cli import main; main()" "$@"'
    ).chmod(0o755)
    with assistants_server() as url:
        yield {
            **{name: value for name, value in os.environ.items() if not name.startswith(("TPOBENCH", "OPENAI"))},
            "PATH": f"{programs}:{os.environ['PATH']}",
            "CLONES": str(folder / "clones"),
            "OPENAI_BASE_URL": url,
            "SERVER": url,
        }


def cooked(blocks: list[str], folder: Path, kitchen: dict[str, str]) -> str:
    """What the commands of a recipe print."""
    script = "set -e\n" + ADDRESS.sub(kitchen["SERVER"], "\n".join(blocks))
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, cwd=folder, env=kitchen, timeout=300, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_every_recipe_has_commands() -> None:
    assert len(BLOCKS) == 4
    assert all(BLOCKS.values())


def test_an_endpoint_is_evaluated_and_gated_on_arena_hard(kitchen: dict[str, str], tmp_path: Path) -> None:
    evaluation, gate, *_ = BLOCKS
    printed = cooked(BLOCKS[evaluation], tmp_path, kitchen)
    assert "style" in printed
    assert "<html" in (tmp_path / "arena.html").read_text(encoding="utf-8")[:300]
    printed = cooked([f"export OPENAI_API_KEY=sk-...\n{BLOCKS[gate][0]}", *BLOCKS[gate][1:]], tmp_path, kitchen)
    assert re.search(r"^PASS +decision", printed, re.MULTILINE), printed
    assert (tmp_path / "gate.xml").exists()
    assert "PASS" in (tmp_path / "gate.md").read_text(encoding="utf-8")


def test_own_prompts_are_judged_by_a_rubric_and_measured_by_a_metric(kitchen: dict[str, str], tmp_path: Path) -> None:
    *_, own, _ = BLOCKS
    printed = cooked(BLOCKS[own], tmp_path, kitchen)
    assert "flip rate" in printed
    assert "politeness" in printed
    assert re.search(r"all +0\.\d+ +0\.\d+ +\+0\.\d+ \(", printed), "compare has the metric's difference"
    assert "politeness" in (tmp_path / "support.html").read_text(encoding="utf-8")
    assert re.search(r"^PASS +paired politeness", printed, re.MULTILINE)
    assert re.search(r"^PASS +decision", printed, re.MULTILINE)


def test_two_checkpoints_of_a_trl_run_are_compared_and_lora_adapters_too(
    kitchen: dict[str, str], tmp_path: Path, tiny_model: Path
) -> None:
    from peft import LoraConfig

    (tmp_path / "base-model").symlink_to(tiny_model)
    adapters = LoraConfig(r=4, target_modules="all-linear", task_type="CAUSAL_LM")
    for run in (
        trl_run(tmp_path / "base-model", tmp_path / "outputs"),
        trl_run(tmp_path / "base-model", tmp_path / "lora", peft_config=adapters),
    ):
        for step in (1, 2):
            (run / f"checkpoint-{step}").rename(run / f"checkpoint-{step}00")
    *_, trl = BLOCKS
    printed = cooked(BLOCKS[trl], tmp_path, kitchen)
    assert printed.count("lora/checkpoint-200 (direct) against") == 2
    assert "lora/checkpoint-200" in (tmp_path / "trl.html").read_text(encoding="utf-8")
    assert re.search("decision|not promoted: exit code [134]$", printed)


@pytest.mark.parametrize("policy", sorted((ROOT / "configs" / "policies").glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_of_policies_are_valid(policy: Path) -> None:
    assert load_policy(policy)
    assert json.dumps(yaml.safe_load(policy.read_text(encoding="utf-8")))
