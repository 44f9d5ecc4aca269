"""A package of somebody else's adds a benchmark and a judge (tests/fixtures/plugin): every command knows them, and
nothing of tpobench is changed for it."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tpobench.harness.errors import Exit

PLUGIN = Path(__file__).parent / "fixtures" / "plugin"
DOCUMENTATION = Path(__file__).parents[1] / "docs" / "benchmarks.md"
QUICKSTART = Path(__file__).parents[1] / "tpo" / "quickstart.yaml"


def install(source: Path, site: Path) -> None:
    """What pip would do, without a network: the package, and its name and entry points beside it."""
    project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for package in source.glob("*/__init__.py"):
        shutil.copytree(package.parent, site / package.parent.name)
    info = site / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    points = project["entry-points"]
    text = "".join(
        f"[{group}]\n" + "".join(f"{k} = {v}\n" for k, v in named.items()) for group, named in points.items()
    )
    (info / "entry_points.txt").write_text(text)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with finished answers in it, and a store for all tests; the package is installed beside it."""
    top = tmp_path_factory.mktemp("plugin")
    install(PLUGIN, top / "site")
    colours = ("red", "yellow", "blue", "green", "orange", "black")
    places = ("a tree", "a bush", "the ground", "a vine", "a palm", "a cactus")
    answers = {f"Name a {colour} fruit.": "One that is ripe and sweet" for colour in colours}
    answers |= {f"Name a fruit from {place}.": "Some" for place in places}
    rows = [{"instruction": text, "output": answer, "generator": "ours"} for text, answer in answers.items()]
    (top / "work").mkdir()
    (top / "work" / "ours.json").write_text(json.dumps(rows))
    return top / "work"


def tpobench(folder: Path, *arguments: str, also: str = "") -> subprocess.CompletedProcess[str]:
    """The command with the package installed, and what is installed in the folder `also`."""
    command = [sys.executable, "-c", "from tpobench.cli import main; main()", *arguments]
    environment = os.environ | {
        "PYTHONPATH": f"{folder.parent / 'site'}{os.pathsep}{also}",
        "TPOBENCH_STORE": "s.duckdb",
    }
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder, env=environment)


def told(folder: Path, *arguments: str) -> dict[str, Any]:
    done = tpobench(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert sentences_of(done) == []
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def sentences_of(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What the command says on standard error, without the lines that say how long it works already: a busy machine
    gets those, too."""
    return [line for line in done.stderr.splitlines() if not re.fullmatch(r"tpobench: .*, [\d,]+ s", line)]


FRUITS = ("--model", "ours.json", "--benchmark", "fruits")


def figures(evaluation: dict[str, Any]) -> dict[tuple[str, str | None], float]:
    return {(metric["name"], metric["category"]): metric["value"] for metric in evaluation["metrics"]}


def test_its_benchmark_is_evaluated_by_its_judge(folder: Path) -> None:
    evaluation = told(folder, "eval", *FRUITS)
    assert evaluation["judge"] == "grade@1/10"
    found = figures(evaluation)
    # Against two words each: six words win, one word loses.
    assert (found["win_rate", "colour"], found["win_rate", "place"]) == (1, 0)
    assert (found["win_rate", None], found["clear_wins", None], found["mean_raw_score", None]) == (0.5, 0.5, 3.5)
    assert evaluation["about"]["not_comparable"] == []


def test_each_of_its_baselines_is_picked_by_name(folder: Path) -> None:
    evaluation = told(folder, "eval", *FRUITS, "--baseline", "cook")
    assert figures(evaluation)["win_rate", None] == 0
    assert evaluation["about"]["baseline"] == "cook"
    assert evaluation["about"]["not_comparable"] == ["another baseline than gardener"]
    itself = told(folder, "eval", "--model", "cook", "--benchmark", "fruits", "--baseline", "child")
    assert figures(itself)["win_rate", None] == 1


def test_a_baseline_that_is_none_is_told_which_there_are(folder: Path) -> None:
    refused = tpobench(folder, "eval", *FRUITS, "--baseline", "gardner")
    assert refused.returncode == 2
    assert "unknown model 'gardner'" in refused.stderr
    (sentence,) = sentences_of(refused)
    assert sentence.endswith("; fruits has the baselines gardener, cook, child")


def test_it_is_planned(folder: Path) -> None:
    plan = told(folder, "plan", *FRUITS)
    assert (plan["prompts"], plan["judge_calls"], plan["judge"]) == (12, 0, "grade from 1 to 10")
    assert plan["smallest_category"][:2] == ["colour", 6]


def test_its_own_figure_is_shown_by_its_title(folder: Path) -> None:
    told(folder, "eval", *FRUITS)
    board = tpobench(folder, "leaderboard", "--benchmark", "fruits")
    report = tpobench(folder, "report", "--models", "all", "--markdown")
    assert "clear wins" in " ".join(board.stdout.split()), board.stderr
    assert "clear wins" in report.stdout, report.stderr


def test_a_gate_decides_on_it(folder: Path) -> None:
    (folder / "policy.yaml").write_text("evaluate: {benchmark: fruits}\nhead_to_head: {margin: 0.1}\n")
    done = tpobench(folder, "gate", "policy.yaml", "--candidate", "ours.json", "--against", "cook", "--json")
    assert done.returncode == Exit.FAIL, done.stderr
    decision = json.loads(done.stdout)
    assert (decision["benchmark"], decision["judge"], decision["against"]) == ("fruits", "grade@1/10", "cook")


def test_a_run_that_is_measured_on_it_is_estimated(folder: Path) -> None:
    run = yaml.safe_load(QUICKSTART.read_text(encoding="utf-8"))
    run["evaluation"]["benchmarks"] = [{"name": "fruits"}, {"name": "starter", "judge": "grade:3"}]
    (folder / "run.yaml").write_text(yaml.safe_dump(run))
    estimate = told(folder, "train", "--dry-run", "run.yaml")
    steps = {step["name"]: step for step in estimate["steps"]}
    assert (steps["evaluate/thought/1"]["outputs"], steps["evaluate/thought/1"]["calls"]) == (12, 0)
    assert steps["evaluate/thought/1/starter"]["calls"] == 0


def test_its_judge_takes_an_argument_and_judges_our_benchmarks_too(folder: Path) -> None:
    (folder / "mine.jsonl").write_text("\n".join(json.dumps({"prompt": f"Name a {c} fruit."}) for c in ("red", "blue")))
    rows = json.loads((folder / "ours.json").read_text())
    (folder / "two.json").write_text(json.dumps([rows[0], rows[2]]))
    sides = ("--model", "two.json", "--baseline", "two.json", "--benchmark", "mine.jsonl")
    evaluation = told(folder, "eval", *sides, "--judge", "grade:3")
    assert evaluation["judge"] == "grade@1/3"
    graded = told(folder, "eval", "--model", "ours.json", "--benchmark", "fruits", "--judge", "grade:3")
    assert graded["about"]["not_comparable"] == ["another judge than the published one"]
    assert told(folder, "plan", *sides, "--judge", "grade:3")["judge_calls"] == 0
    refused = tpobench(folder, "eval", *sides, "--judge", "grade:high")
    assert refused.returncode == 2
    assert sentences_of(refused) == ["tpobench: the best grade is a number, not 'high'; write grade:10"]


def test_help_lists_them(folder: Path) -> None:
    done = tpobench(folder, "eval", "--help")
    assert "a dozen instructions about fruits" in " ".join(done.stdout.split())
    assert "grade" in done.stdout


def test_the_package_of_the_documentation_works(folder: Path, tmp_path: Path) -> None:
    page = DOCUMENTATION.read_text(encoding="utf-8")
    declaration, data = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    (points,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "source" / "my_package").mkdir(parents=True)
    (tmp_path / "source" / "my_package" / "__init__.py").write_text(declaration)
    (tmp_path / "source" / "my_package" / "data.py").write_text(data)
    (tmp_path / "source" / "pyproject.toml").write_text(f'[project]\nname = "mine"\nversion = "1"\n{points}')
    install(tmp_path / "source", tmp_path / "site")
    sides = ("--model", "textbook", "--benchmark", "mine", "--baseline", "child")
    done = tpobench(folder, "plan", *sides, "--json", also=str(tmp_path / "site"))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["judge_calls"] == 2


def test_a_package_that_is_broken_or_takes_a_name_is_said_once_and_spoils_nothing(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "broken_package").mkdir(parents=True)
    (other / "broken_package" / "__init__.py").write_text("1 / 0")
    (other / "pyproject.toml").write_text(
        '[project]\nname = "broken"\nversion = "1"\n'
        '[project.entry-points."tpobench.benchmarks"]\nvegetables = "broken_package:B"\n'
        '[project.entry-points."tpobench.judges"]\nchecklist = "broken_package:j"\n'
    )
    install(other, tmp_path / "site")
    done = tpobench(folder, "eval", *FRUITS, "--json", also=str(tmp_path / "site"))
    assert done.returncode == 0, done.stderr
    sentences = sentences_of(done)
    assert len(sentences) == 2
    assert any("broken declares 'vegetables' under tpobench.benchmarks" in sentence for sentence in sentences)
    assert any("broken declares 'checklist' under tpobench.judges" in sentence for sentence in sentences)
