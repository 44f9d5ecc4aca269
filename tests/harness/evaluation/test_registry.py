"""Benchmarks by name, as they declare themselves; entry points of other packages that cannot be used."""

import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from pathlib import Path

import pytest

from tpobench.harness import plugins
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation import registry
from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.declaration import GROUP, BenchmarkDeclaration, BenchmarkRequest
from tpobench.harness.evaluation.registry import (
    as_typed,
    benchmark_named,
    declarations,
    figure_titles,
    options_without_effect,
)
from tpobench.harness.records import Prompt


def forget() -> None:
    plugins.declared.cache_clear()
    plugins.entry_points.cache_clear()
    registry.declarations.cache_clear()


@pytest.fixture
def another(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """What was read of the installed packages is forgotten, before and after."""
    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()


def load(request: BenchmarkRequest) -> Benchmark:
    return Benchmark(name=f"{request.name}/{request.split}", prompts=[Prompt("one")])


MINE = BenchmarkDeclaration(
    name="mine", summary="two parts", load=load, splits=("dev", "test"), figures={"own": "my own"}
)
STRAY = BenchmarkDeclaration(name="stray", summary="", load=lambda request: Benchmark(name="starter/test", prompts=[]))
RENAMED = BenchmarkDeclaration(name="other", summary="", load=load)
NOT_ONE = "a text"
RAISES = BenchmarkDeclaration(name="raises", summary="", load=lambda request: 1 / 0)  # type: ignore[arg-type,return-value]
LEAVES = BenchmarkDeclaration(name="leaves", summary="", load=lambda request: sys.exit(0))
NOTHING = BenchmarkDeclaration(name="nothing", summary="", load=lambda request: None)  # type: ignore[arg-type,return-value]


def install(monkeypatch: pytest.MonkeyPatch, **points: str) -> None:
    """Entry points of a package beside the installed ones."""
    more = [EntryPoint(name, f"{__name__}:{value}", GROUP) for name, value in points.items()]
    monkeypatch.setattr(
        plugins, "installed", lambda group: EntryPoints([*entry_points(group=group), *more * (group == GROUP)])
    )


def test_another_package_adds_a_benchmark(another: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    install(another, mine="MINE")
    assert declarations()["mine"] is MINE
    assert benchmark_named("mine", split="dev").name == "mine/dev"
    assert figure_titles("mine/dev", ["own", "win_rate", "truncated"]) == [("win_rate", "win %"), ("own", "my own")]
    assert as_typed("mine/dev") == ("mine", "dev")
    assert capsys.readouterr().err == ""


def test_what_it_stores_begins_with_its_name(another: pytest.MonkeyPatch) -> None:
    install(another, stray="STRAY")
    with pytest.raises(UserError, match="the benchmark stray loads as 'starter/test'"):
        benchmark_named("stray")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("raises", "an unnamed package cannot load the benchmark raises: ZeroDivisionError"),
        ("leaves", "an unnamed package cannot load the benchmark leaves: SystemExit"),
        ("nothing", "an unnamed package loads a NoneType as the benchmark nothing, which is not a Benchmark"),
    ],
)
def test_a_package_whose_benchmark_does_not_load_is_named(name: str, told: str, another: pytest.MonkeyPatch) -> None:
    install(another, **{name: name.upper()})
    with pytest.raises(UserError, match=told):
        benchmark_named(name)


@pytest.mark.parametrize(
    ("points", "told"),
    [
        ({"broken": "MISSING"}, "declares 'broken' under tpobench.benchmarks, and it cannot be imported"),
        ({"broken": "NOT_ONE"}, "declares 'broken' under tpobench.benchmarks, and it cannot be used: it is a str"),
        ({"broken": "RENAMED"}, "and it cannot be used: it calls itself 'other'"),
        ({"starter": "MINE"}, "declares 'starter' under tpobench.benchmarks, a name that tpobench has taken"),
    ],
)
def test_one_that_cannot_be_used_is_said_once_and_left_out(
    points: dict[str, str], told: str, another: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = list(declarations())
    forget()
    install(another, **points)
    for _ in range(2):
        assert list(declarations()) == ours
        assert benchmark_named("starter").prompts
    (sentence,) = capsys.readouterr().err.splitlines()
    assert told in sentence


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("startr", "unknown benchmark 'startr' .*did you mean 'starter'"),
        ("categories", "the benchmark categories is named categories:FILE, not 'categories'"),
        ("categories:", "is named categories:FILE, not 'categories:'"),
        ("starter:train", "the benchmark starter is named starter, not 'starter:train'"),
    ],
)
def test_a_name_that_is_none_says_how_it_is_written(name: str, told: str) -> None:
    with pytest.raises(UserError, match=told):
        benchmark_named(name)


def test_a_split_that_is_none_is_an_error() -> None:
    with pytest.raises(UserError, match="unknown split 'tset'; did you mean 'test'"):
        benchmark_named("starter", split="tset")


def test_a_prompt_file_is_a_benchmark(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").write_text('{"prompt": "one"}\n', encoding="utf-8")
    assert benchmark_named(str(tmp_path / "mine.jsonl")).name == "mine.jsonl"


@pytest.mark.parametrize(
    ("benchmark", "without_effect"),
    [
        ("starter/test", {"per_category"}),
        ("categories:mine.jsonl", {"split"}),
        ("mine.jsonl", {"split", "per_category"}),
    ],
)
def test_options_that_change_nothing_follow_from_the_declaration(benchmark: str, without_effect: set[str]) -> None:
    assert options_without_effect(benchmark) == without_effect


def test_names_in_the_store_are_written_as_they_are_typed() -> None:
    assert as_typed("starter/test") == ("starter", "test")
    assert as_typed("lm_eval/gsm8k") == ("lm_eval:gsm8k", "")
    assert as_typed("categories:mine.jsonl") == ("categories:mine.jsonl", "")


def test_no_declaration_is_an_installation_to_repair(another: pytest.MonkeyPatch) -> None:
    another.setattr(plugins, "installed", lambda group: EntryPoints())
    with pytest.raises(UserError, match="no benchmark is registered: install tpobench again"):
        benchmark_named("starter")
