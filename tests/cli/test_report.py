"""The command that writes reports."""

import json
from pathlib import Path

from typer.testing import CliRunner

from tests.reports.stores import THINK, finished_run, two_baselines, two_models
from tpobench.cli.commands import app
from tpobench.harness.errors import UserError
from tpobench.harness.store.store import Store


def invoke(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, UserError):
        return 2, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_the_command_writes_prints_and_refuses(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store(path) as store:
        finished_run(store)
        two_models(store)
    code, said = invoke("report", tmp_path)
    assert code == 0
    assert "Thought v seed" in said
    assert (tmp_path / "report.html").is_file()
    code, said = invoke(
        "report", "--store", path, "--models", "new", "--models", "old", "-o", tmp_path / "m.html", "--json"
    )
    assert code == 0
    assert json.loads(said)["sentence"].startswith("new leads 2 models on test/questions: it wins 67.5%")
    code, said = invoke("report", "--store", path, "--compare", "thought/1", "direct/1", "--markdown")
    assert said.startswith("# thought/1 v direct/1")
    code, said = invoke("report", "--store", path, "--compare", "run", "old", "--json", "-o", tmp_path / "c.html")
    assert "have no measured benchmark, judge and baseline in common" in said or code == 0
    assert invoke("report", "--store", path, "--models", "nwe")[1].endswith("has judged no 'nwe'; did you mean 'new'?")
    assert "three kinds of report" in invoke("report", "--store", path, "--models", "new", "--run", "run")[1]
    assert "is a folder" in invoke("report", "--store", path, "-o", tmp_path)[1]
    assert "it is the results store, which would be lost" in invoke("report", "--store", path, "-o", path)[1]
    assert "no run 'rum'" in invoke("report", "--store", path, "--run", "rum")[1]
    assert "no results store" in invoke("report", tmp_path / "nowhere")[1]


def test_a_published_file_of_nonsense_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store(path) as store:
        two_models(store)
    for text in (",win_rate,length_controlled_winrate,n_total\nnew,nan,1,5\n", "," + "x" * 200_000, "\x00"):
        (tmp_path / "published.csv").write_text(text, encoding="utf-8")
        code, said = invoke("report", "--store", path, "--published", tmp_path / "published.csv")
        assert code == 2
        assert "is not a leaderboard of AlpacaEval" in said


def test_the_mode_of_a_baseline_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store(path) as store:
        two_baselines(store)
    code, said = invoke("report", "--store", path, "--compare", "new", f"base@{THINK.name}", "--json")
    assert code == 0
    assert json.loads(said)["verdict"] == "B IS BETTER"
