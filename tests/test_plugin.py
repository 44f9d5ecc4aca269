"""A package of somebody else's adds a benchmark and a judge (tests/fixtures/plugin): every command knows them, and
nothing of tpobench is changed for it."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "fixtures" / "plugin"


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with finished answers in it; the package is installed beside it."""
    install(PLUGIN, tmp_path / "site")
    answers = {
        "Name a red fruit.": "A very ripe and red apple",
        "Name a yellow fruit.": "Banana",
        "Name a blue fruit.": "A plum",
        "Name a green fruit.": "Any lime that one can find in a shop nearby will do very well here",
    }
    rows = [{"instruction": text, "output": answer, "generator": "ours"} for text, answer in answers.items()]
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "ours.json").write_text(json.dumps(rows))
    return tmp_path / "work"


def tpobench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from tpobench.cli import main; main()", *arguments]
    environment = os.environ | {"PYTHONPATH": str(folder.parent / "site"), "TPOBENCH_STORE": "s.duckdb"}
    return subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder, env=environment)


def told(folder: Path, *arguments: str) -> dict[str, object]:
    done = tpobench(folder, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_its_benchmark_is_evaluated_by_its_judge(folder: Path) -> None:
    evaluation = told(folder, "eval", "--model", "ours.json", "--benchmark", "fruits")
    assert evaluation["judge"] == "grade@1/10"
    metrics = {m["name"]: m["value"] for m in evaluation["metrics"] if m["category"] is None}  # type: ignore[attr-defined]
    # 6 words against 2, 1 against 2, 2 against 2, 10 (of 15) against 2
    assert metrics["win_rate"] == (1 + 0 + 0.5 + 1) / 4
    assert metrics["clear_wins"] == 0.5
    assert metrics["mean_raw_score"] == (6 + 1 + 2 + 10) / 4
    assert evaluation["about"]["not_comparable"] == []  # type: ignore[index]
    board = tpobench(folder, "leaderboard", "--benchmark", "fruits")
    assert board.returncode == 0, board.stderr
    assert "clear wins" in " ".join(board.stdout.split())


def test_its_judge_takes_an_argument_and_judges_our_benchmarks_too(folder: Path) -> None:
    (folder / "mine.jsonl").write_text("\n".join(json.dumps({"prompt": f"Name a {c} fruit."}) for c in ("red", "blue")))
    rows = json.loads((folder / "ours.json").read_text())
    (folder / "two.json").write_text(json.dumps([rows[0], rows[2]]))
    sides = ("--model", "two.json", "--baseline", "two.json", "--benchmark", "mine.jsonl")
    evaluation = told(folder, "eval", *sides, "--judge", "grade:3")
    assert evaluation["judge"] == "grade@1/3"
    graded = told(folder, "eval", "--model", "ours.json", "--benchmark", "fruits", "--judge", "grade:3")
    assert graded["about"]["not_comparable"] == ["another judge than the published one"]  # type: ignore[index]
    assert told(folder, "plan", *sides, "--judge", "grade:3")["judge_calls"] == 0
    refused = tpobench(folder, "eval", *sides, "--judge", "grade:high")
    assert (refused.returncode, refused.stderr) == (
        2,
        "tpobench: the best grade is a number, not 'high'; write grade:10\n",
    )


def test_help_knows_its_benchmark(folder: Path) -> None:
    done = tpobench(folder, "eval", "--help")
    assert "fruits" in done.stdout


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
    done = tpobench(folder, "eval", "--model", "ours.json", "--benchmark", "fruits", "--json")
    assert done.returncode == 0, done.stderr
    sentences = done.stderr.splitlines()
    assert len(sentences) == 2
    assert any("broken declares 'vegetables' under tpobench.benchmarks" in sentence for sentence in sentences)
    assert any("broken declares 'checklist' under tpobench.judges" in sentence for sentence in sentences)
