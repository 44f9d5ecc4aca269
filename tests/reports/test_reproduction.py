"""The command that a report gives to make a figure again: it is run as it stands, and makes the same figure."""

import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apis.stub import stub_server
from tests.apis.verdicts import MODEL, verdict_server
from tests.cli.command import tpobench
from tpobench.harness.evaluation.registry import benchmark_named
from tpobench.harness.evaluation.request import request_of
from tpobench.harness.evaluation.spec import EvaluationSpec
from tpobench.harness.models.parts import BASE_VARIABLE
from tpobench.harness.store.models import StoredModel
from tpobench.harness.store.requests import StoredRequest, requests_of
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_models
from tpobench.reports.evaluations import Evaluation, newest_evaluations, read_evaluations
from tpobench.reports.formats.html import render
from tpobench.reports.home import settings_without_home, without_home
from tpobench.reports.reproduction import asked_again, reproduction
from tpobench.reports.sections.provenance import Provenance

VERDICT = r"""
name: mine
model: judge
user: "{prompt}\n[The Start of A]\n{response_a}\n[The End of A]\n[The Start of B]\n{response_b}\n[The End of B]"
patterns: ['\[\[([ABC])\]\]']
verdicts: {A: 1, B: 0, C: 0.5}
"""


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[str, str]]:
    with stub_server() as answers, verdict_server("longer") as judge:
        yield f"stub@{answers}", f"{MODEL}@{judge}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve prompts of two categories, a baseline's answers, and the file of a judge."""
    rows = [{"prompt": f"Question number {n}?", "category": "xy"[n % 2]} for n in range(12)]
    (tmp_path / "my prompts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    given = [{"instruction": row["prompt"], "output": f"their answer {n}" * (n % 3)} for n, row in enumerate(rows)]
    (tmp_path / "theirs.json").write_text(json.dumps(given))
    (tmp_path / "verdict.yaml").write_text(VERDICT)
    return tmp_path


def command_of(store: Path) -> list[str]:
    """The words of the command that a report of this store shows."""
    with Store(store, read_only=True) as opened:
        content = of_models(opened)
        provenance = content.section(Provenance)
        assert provenance is not None
        assert provenance.command in render(content).replace("&#39;", "'")
    first, *words = shlex.split(provenance.command)
    assert first == "tpobench"
    return words


def rates(store: Path) -> dict[str, object]:
    with Store(store, read_only=True) as opened:
        (evaluation,) = read_evaluations(opened, newest_evaluations(opened)).values()
    return {judged.prompt: judged.preference for judged in evaluation.prompts}


def test_an_endpoint_judged_by_a_server_with_a_verdict_file(folder: Path, servers: tuple[str, str]) -> None:
    model, judge = servers
    options = ["--model", model, "--benchmark", "my prompts.jsonl", "--baseline", "theirs.json", "--limit", "8"]
    options += ["--judge", "verdict:verdict.yaml", "--judge-model", judge, "--orders", "both", "--temperature", "0"]
    options += ["--max-new-tokens", "77", "--seed", "5", "--format-retries", "1"]
    done = tpobench("eval", *options, "--store", "first.duckdb", cwd=folder)
    assert done.returncode == 0, done.stderr
    words = command_of(folder / "first.duckdb")
    asked = dict(zip(options[::2], options[1::2], strict=True))
    assert dict(zip(words[1::2], words[2::2], strict=True)) == asked
    again = tpobench(*words, "--store", "second.duckdb", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert rates(folder / "second.duckdb") == rates(folder / "first.duckdb")
    assert len(rates(folder / "first.duckdb")) == 8


def test_what_chooses_the_prompts_is_asked_for_again(folder: Path) -> None:
    benchmark = benchmark_named(f"categories:{folder / 'my prompts.jsonl'}", per_category=3)
    spec = EvaluationSpec(benchmark=benchmark, candidate="m@http://user:secret@host/v1", data=Path("official"))
    assert request_of(spec, names_sides=True) == {
        "model": "m@http://host/v1",
        "benchmark": f"categories:{folder / 'my prompts.jsonl'}",
        "per_category": 3,
        "data": "official",
        "max_new_tokens": 512,
    }
    assert request_of(EvaluationSpec(benchmark=benchmark_named("starter", "training"), candidate="m"), False) == {
        "benchmark": "starter",
        "split": "training",
        "max_new_tokens": 512,
    }


def test_the_base_and_the_names_of_servers_are_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    monkeypatch.setenv(BASE_VARIABLE, "org/base")
    names = ("alias", "other name")
    spec = EvaluationSpec(benchmark=benchmark_named("starter"), candidate=str(tmp_path), served_models=names)
    asked = StoredRequest("eval", request_of(spec, names_sides=True))
    assert asked_again(asked) == (
        f"tpobench eval --model {tmp_path} --base org/base --benchmark starter --max-new-tokens 512 "
        "--served-model alias --served-model 'other name'"
    )
    without = EvaluationSpec(benchmark=benchmark_named("starter"), candidate="m@http://127.0.0.1:1/v1")
    assert "base" not in request_of(without, names_sides=True), "it would be refused as an option without effect"


def test_a_deployment_under_another_name_is_measured_again(folder: Path, servers: tuple[str, str]) -> None:
    deployment = servers[0].replace("stub@", "deployment@")
    options = ["--model", deployment, "--benchmark", "my prompts.jsonl", "--baseline", "theirs.json", "--limit", "2"]
    options += ["--judge", "verdict:verdict.yaml", "--judge-model", servers[1], "--served-model", "stub"]
    done = tpobench("eval", *options, "--store", "first.duckdb", cwd=folder)
    assert done.returncode == 0, done.stderr
    again = tpobench(*command_of(folder / "first.duckdb"), "--store", "second.duckdb", cwd=folder)
    assert again.returncode == 0, again.stderr
    assert len(rates(folder / "second.duckdb")) == 2


def test_the_newest_address_counts(store: Store) -> None:
    for address in ("judge@http://old.invalid/v1", "judge@http://new.invalid/v1"):
        store.add_request("e", "eval", {"judge_model": address})
    assert requests_of(store, ["e"])["e"].options == {"judge_model": "judge@http://new.invalid/v1"}


def evaluation(**about: object) -> Evaluation:
    """An evaluation of two known models of which nothing but names matters."""
    fields: dict[str, object] = dict.fromkeys(Evaluation.__dataclass_fields__, "")
    fields |= {"key": "e", "benchmark": "starter/test", "judge": "checklist@1", "fingerprint": "c", "prompts": ()}
    fields |= {"baseline_fingerprint": "b", "mode": "direct", "rows": None}
    return Evaluation(**(fields | about))  # type: ignore[arg-type]


def models(candidate: str, folder: str) -> dict[str, StoredModel]:
    known = {"c": (candidate, folder), "b": ("base", "/models/base")}
    return {
        key: StoredModel(fingerprint=key, name=name, folder=where, made_by="given", parent=None)
        for key, (name, where) in known.items()
    }


def test_a_store_of_an_earlier_version_names_the_endpoint_and_the_number_of_prompts() -> None:
    known = models("m@http://127.0.0.1:8000/v1", "http://127.0.0.1:8000/v1")
    asked = evaluation(benchmark="alpaca_eval", rows=805, judge="ste@judge-70b#ab12", prompts=(None,) * 60)
    assert reproduction(asked, known, None, {"temperature": 0.7}) == (
        "tpobench eval --model m@http://127.0.0.1:8000/v1 --benchmark alpaca_eval --judge ste --judge-model judge-70b "
        "--baseline /models/base --limit 60 --temperature 0.7"
    )


def test_a_command_shows_nobody_s_home_folder() -> None:
    known = models("tuned", f"{Path.home()}/my models/tuned")
    command = reproduction(evaluation(), known, None, {})
    assert str(Path.home()) not in command
    assert "--model ~/'my models/tuned'" in command
    request = StoredRequest("import", {"kind": "alpaca_eval", "path": "/home/alice/results", "data": "/data/official"})
    assert reproduction(evaluation(), known, request, {}) == (
        "tpobench import alpaca_eval ~/results --data /data/official"
    )
    assert [without_home(path) for path in ("/Users/bob/m", "/root", "/models/home/x", "rel/x")] == [
        "~/m",
        "~",
        "/models/home/x",
        "rel/x",
    ]


def test_a_run_s_settings_show_nobody_s_home_folder() -> None:
    settings = {"model": "/home/alice/m", "sources": [{"source": "/Users/bob/p.jsonl"}], "seed": 3}
    assert settings_without_home(settings) == {"model": "~/m", "sources": [{"source": "~/p.jsonl"}], "seed": 3}


def test_an_option_that_was_given_twice_is_repeated() -> None:
    request = StoredRequest("eval", {"model": "m.json", "metric": ["a.py:f", "b.py:g"], "limit": 5})
    assert asked_again(request) == "tpobench eval --model m.json --limit 5 --metric a.py:f --metric b.py:g"
