"""Reports of what is not all there: each says so, and none is a trace or an empty chart."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.reports.stores import RUN, THINK, JudgedContest, contender, finished_run, judged, left_behind, prompts
from tpobench.cli import app
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import CallRecord, Metric, Usage
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store
from tpobench.reports.content import Content, S, of_comparison, of_models, of_run
from tpobench.reports.formats.html import render
from tpobench.reports.formats.markdown import markdown
from tpobench.reports.sections.categories import Categories
from tpobench.reports.sections.iterations import Iterations
from tpobench.reports.sections.leaderboard import Leaderboards
from tpobench.reports.sections.training import Training


def two_models(store: Store, asked: int = 40, **about: object) -> tuple[str, str]:
    """``new`` wins two of three against ``base``, ``old`` one of three; returns both evaluations' keys."""
    questions = prompts(asked)
    base = contender(store, "base", DIRECT, questions, [f"base {n}" for n in range(asked)])
    new = contender(store, "new", DIRECT, questions, [f"new {n}" for n in range(asked)])
    old = contender(store, "old", DIRECT, questions, [f"old {n}" for n in range(asked)])
    keys = [
        judged(store, side, base, JudgedContest(say=lambda n, order, wins=wins: float(n % 3 < wins), **about))  # type: ignore
        for side, wins in ((new, 2), (old, 1))
    ]
    return keys[0], keys[1]


def section(content: Content, kind: type[S]) -> S:
    found = content.section(kind)
    assert found is not None
    return found


def invoke(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    if isinstance(result.exception, UserError):
        return 2, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_the_same_store_gives_the_same_bytes(store: Store) -> None:
    run = finished_run(store)
    assert render(of_run(store, run)) == render(of_run(store, run))
    assert markdown(of_run(store, run)) == markdown(of_run(store, run))


def test_an_empty_store_is_a_sentence(store: Store) -> None:
    with pytest.raises(UserError, match=r"holds no judgments yet; tpobench eval or tpobench import"):
        of_models(store)


def test_a_run_that_has_just_begun(store: Store) -> None:
    store.add_run(RUN, "young", {"name": "young"}, {"versions": {}})
    text = render(of_run(store, RUN))
    assert "NO DECISION YET" in text
    assert "Nothing has been evaluated yet." in text
    assert "Nothing has been judged yet." in text
    assert "<figure>" not in text


def test_a_run_in_the_middle_shows_what_is_done(store: Store) -> None:
    finished_run(store)
    middle = "m" * 32
    store.add_run(middle, "middle", {"name": "middle", "iterations": 3}, {"versions": {}})
    done = left_behind(store, "evaluate/direct/1")
    store.finish_step(middle, "evaluate/direct/1", done, 1)
    text = render(of_run(store, middle))
    assert "The run has not reached its gate" in text
    assert text.count("<figure>") >= 2
    assert "Head-to-head:" not in text


def test_one_arm_is_said_to_have_no_baseline(store: Store) -> None:
    finished_run(store)
    store.add_run("o" * 32, "one", {"name": "one", "arms": ["thought"]}, {"versions": {}})
    done = left_behind(store, "evaluate/thought/1")
    store.finish_step("o" * 32, "evaluate/thought/1", done, 1)
    content = of_run(store, "o" * 32)
    assert any("Only the thought arm was run" in warning for warning in content.verdict.warnings)
    (table,) = section(content, Categories).tables
    assert table.overall.difference is None
    render(content)


def test_one_category_is_no_table(store: Store) -> None:
    asked = prompts(40, ["only"])
    new, old = (contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old"))
    judged(store, new, old, JudgedContest(say=lambda n, order: 0.7))
    assert "Nothing to compare: one category alone, too many of them, or no verdict." in render(of_models(store))


def test_judgments_without_any_verdict(store: Store) -> None:
    asked = prompts(40)
    new, old = (contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old"))
    judged(store, new, old, JudgedContest(say=lambda n, order: None))
    content = of_models(store)
    assert content.verdict.sentence == "No judge has given a verdict; the leaderboard shows what else was measured."
    assert any("a gate would be INVALID" in warning for warning in content.verdict.warnings)
    render(content)


def test_fewer_rows_than_the_benchmark_has_are_a_warning(store: Store) -> None:
    two_models(store, rows=42)
    (warning,) = of_models(store).verdict.warnings
    assert warning == "Only 40 of the 42 prompts of test/questions were judged."


def test_several_judges_and_missing_verdicts_are_warnings(store: Store) -> None:
    two_models(store)
    asked = prompts(40)
    new, base = (contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "base"))
    judged(store, new, base, JudgedContest(say=lambda n, order: None if n == 3 else 0.9, judge="another@judge#2"))
    warnings = of_models(store).verdict.warnings
    assert any("Several judges were asked on test/questions" in warning for warning in warnings)
    assert any("1 prompt (2.5%) without a verdict: a gate would be INVALID (1 of 3" in warning for warning in warnings)


def test_a_comparison_gives_the_paired_difference(store: Store) -> None:
    two_models(store)
    content = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    assert content.verdict.badge == "A IS BETTER"
    (headline, a, b) = content.verdict.headlines
    assert headline.value == pytest.approx(13 / 40)  # the prompts with n % 3 == 1
    assert (a.value, b.value) == (pytest.approx(27 / 40), pytest.approx(14 / 40))
    assert (
        of_comparison(store, model_named(store, "old"), model_named(store, "new"), ("old", "new")).verdict.badge
        == "B IS BETTER"
    )
    same = of_comparison(store, model_named(store, "new"), model_named(store, "new"), ("new", "new"))
    assert same.verdict.badge == "NO CLEAR DIFFERENCE"
    render(content)
    assert "+32.5 points" in markdown(content)


def test_both_writings_give_the_same_figures(store: Store) -> None:
    content = of_run(store, finished_run(store))
    html, plain = render(content), markdown(content)
    for headline in content.verdict.headlines:
        assert f"{headline.value:.1%}" in html
        assert f"{headline.value:.1%}" in plain
    for warning in content.verdict.warnings:
        assert warning in plain
    for table in section(content, Categories).tables:
        for row in table.rows:
            assert f"{100 * row.detectable:.1f}" in plain if row.detectable else True


def test_the_thought_arm_is_found_with_its_mode(store: Store) -> None:
    finished_run(store)
    names = {evaluation: name for evaluation, name in section(of_models(store), Leaderboards).names.items()}
    assert any(THINK.name in name for name in names.values()) is False, "one mode needs no telling apart"


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
    assert "no run 'rum'" in invoke("report", "--store", path, "--run", "rum")[1]
    assert "no results store" in invoke("report", tmp_path / "nowhere")[1]


def test_a_run_shows_its_tasks_its_guards_and_what_it_cost(store: Store) -> None:
    finished_run(store)
    evaluation = left_behind(store, "evaluate/thought/1")
    store.add_metrics(
        "task",
        [
            Metric(name="exact_match,strict", value=0.42, n=50),
            Metric(name="exact_match_stderr,strict", value=0.07, n=50),
        ],
    )
    sides = {"candidate": "c", "candidate_mode": "direct", "baseline": "", "baseline_mode": ""}
    lists: dict[str, list[str]] = {
        key: [] for key in ("prompt_keys", "judgment_keys", "candidate_outputs", "baseline_outputs")
    }
    store.add_evaluation("task", benchmark="lm_eval/gsm8k", judge="lm-eval", params="{}", **sides, **lists)
    store.finish_step(RUN, "lm_eval/thought/1", {"evaluations": {"gsm8k": "task"}}, 1)
    judged_keys = store.sql(
        "SELECT unnest(judgment_keys) FROM evaluation WHERE evaluation_key = ?", [evaluation["evaluation"]]
    )[1]
    usage = Usage(10, 5, 0.01)
    store.add_calls(
        CallRecord(
            key=f"call {n}",
            subject=key,
            kind="judge",
            model="m",
            served_model="m",
            usage=usage,
            latency_s=0.1,
            attempt=1,
        )
        for n, (key,) in enumerate(judged_keys)
    )
    content = of_run(store, RUN)
    (row,) = section(content, Iterations).tasks
    assert (row.name, row.arm) == ("gsm8k, exact_match,strict", "thought")
    assert [figure and figure.value for figure in row.figures] == [None, 0.42]
    assert all(row.guarded for row in section(content, Categories).tables[0].rows), "the policy guards every category"
    costs = {step.step: (step.calls, step.dollars) for step in section(content, Training).costs}
    assert costs["evaluate/thought/1"] == (180, pytest.approx(1.80))
    assert costs["evaluate/direct/1"] == (0, None)
    text = render(content)
    assert "gsm8k, exact_match,strict" in text
    assert ">1.80<" in text


def test_where_two_models_met_that_counts(store: Store) -> None:
    finished_run(store)
    thought, direct = model_named(store, "run/thought-1"), model_named(store, "run/direct-1")
    ((shown,),) = store.sql(
        "SELECT value FROM metric JOIN evaluation ON evaluation = evaluation_key JOIN model ON model_key = baseline "
        "WHERE metric.name = 'win_rate' AND metric.category IS NULL AND model.name = 'run/direct-1'"
    )[1]
    forth = of_comparison(store, thought, direct, ("t", "d"))
    back = of_comparison(store, direct, thought, ("d", "t"))
    assert forth.verdict.headlines[0].value == pytest.approx(shown)
    assert back.verdict.headlines[0].value == pytest.approx(1 - shown)
    head_to_head = section(forth, Categories).tables[0].overall.head_to_head
    assert head_to_head is not None
    assert head_to_head.mean == pytest.approx(shown)
    assert "The gate's decision on" in forth.verdict.sentence
    assert "The gate's decision on" not in back.verdict.sentence
    render(back)


def test_two_models_that_only_met_are_compared(store: Store) -> None:
    asked = prompts(40)
    new, old = (contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old"))
    other = contender(store, "other", DIRECT, asked, [f"other {n}" for n in range(40)])
    judged(store, new, old, JudgedContest(say=lambda n, order: 0.9))
    judged(store, old, other, JudgedContest(say=lambda n, order: 0.9))
    content = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    assert content.verdict.badge == "A IS BETTER"
    assert "the first wins 90.0% of 40 prompts against the second" in content.verdict.sentence
    render(content)
    with pytest.raises(UserError, match="have no measured benchmark, judge and baseline in common"):
        of_comparison(store, model_named(store, "new"), model_named(store, "other"), ("new", "other"))


def test_one_gated_model_among_several_is_no_badge(store: Store) -> None:
    finished_run(store)
    several = of_models(store).verdict
    assert several.badge == "2 MODELS"
    assert "The gate's decision on" in several.sentence
    assert of_models(store, ["run/direct-1"]).verdict.badge == "NOT GATED"
    assert of_models(store, ["run/thought-1"]).verdict.badge in ("PASS", "FAIL", "INCONCLUSIVE", "INVALID")


def test_a_baseline_that_never_was_a_candidate_is_compared(store: Store) -> None:
    two_models(store)
    content = of_comparison(store, model_named(store, "new"), model_named(store, "base"), ("new", "base"))
    assert content.verdict.headlines[0].value == pytest.approx(27 / 40)
    back = of_comparison(store, model_named(store, "base"), model_named(store, "new"), ("base", "new"))
    assert back.verdict.headlines[0].value == pytest.approx(13 / 40)
    render(back)


def test_a_published_file_of_nonsense_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store(path) as store:
        two_models(store)
    for text in (",win_rate,length_controlled_winrate,n_total\nnew,nan,1,5\n", "," + "x" * 200_000, "\x00"):
        (tmp_path / "published.csv").write_text(text, encoding="utf-8")
        code, said = invoke("report", "--store", path, "--published", tmp_path / "published.csv")
        assert code == 2
        assert "is not a leaderboard of AlpacaEval" in said


def test_the_headlines_of_a_comparison_are_of_one_benchmark(store: Store) -> None:
    for name in ("beta", "alpha"):
        two_models(store, name=name)
    labels = [
        headline.label
        for headline in of_comparison(
            store, model_named(store, "new"), model_named(store, "old"), ("n", "o")
        ).verdict.headlines
    ]
    assert labels == ["A minus B: alpha, win rate v base", "A v base, alpha", "B v base, alpha"]


def two_baselines(store: Store) -> tuple[str, ...]:
    """``new`` wins every prompt against ``base`` and, later, loses every one to it where it thinks; ``old`` ties with
    both. Returns the evaluations' keys."""
    asked = prompts(40)
    sides = {name: contender(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old")}
    keys = []
    for mode, wins in ((DIRECT, 1.0), (THINK, 0.0)):
        base = contender(store, "base", mode, asked, [f"base {n}, {mode.name}" for n in range(40)])
        keys += [
            judged(store, side, base, JudgedContest(say=lambda n, order, said=said: said))  # type: ignore[misc]
            for side, said in ((sides["new"], wins), (sides["old"], 0.5))
        ]
    return tuple(keys)


def test_a_baseline_in_another_mode_is_another_one(store: Store) -> None:
    two_baselines(store)
    compared = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    assert [
        (difference.measure.partition(",")[0], difference.difference)
        for difference in section(compared, Categories).differences
    ] == [("win rate v base", 0.5), (f"win rate v base ({THINK.name})", -0.5)]
    assert [headline.label for headline in compared.verdict.headlines] == [
        "A minus B: test/questions, win rate v base",
        "A v base, test/questions",
        "B v base, test/questions",
    ]
    leaderboards = section(compared, Leaderboards).leaderboards
    assert {(one.baseline, len(one.rows)) for one in leaderboards} == {("base", 2), (f"base ({THINK.name})", 2)}
    assert f"against base ({THINK.name})" in render(compared)
    assert "new leads 2 models on test/questions: it wins 100.0% against base (" in of_models(store).verdict.sentence


def test_two_models_that_met_in_two_modes_met_twice(store: Store) -> None:
    two_baselines(store)
    met = of_comparison(store, model_named(store, "new"), model_named(store, "base"), ("new", "base")).verdict.headlines
    assert {headline.label: headline.value for headline in met} == {
        "A v B, test/questions": 1.0,
        f"A v B ({THINK.name}), test/questions": 0.0,
    }
    (headline,) = of_comparison(
        store, model_named(store, "new"), model_named(store, "base", DIRECT.name), ("n", "b")
    ).verdict.headlines
    assert (headline.label, headline.value) == ("A v B, test/questions", 1.0)


def test_the_mode_of_a_baseline_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    with Store(path) as store:
        two_baselines(store)
    code, said = invoke("report", "--store", path, "--compare", "new", f"base@{THINK.name}", "--json")
    assert code == 0
    assert json.loads(said)["verdict"] == "B IS BETTER"


def test_a_run_keeps_its_own_evaluation_when_there_is_a_newer_one(store: Store) -> None:
    finished_run(store)
    own = left_behind(store, "evaluate/thought/1")
    store.sql(
        "INSERT INTO evaluation SELECT * REPLACE ('newer' AS evaluation_key, now()::TIMESTAMP AS created_at) "
        "FROM evaluation WHERE evaluation_key = ?",
        [own["evaluation"]],
    )
    (first, *_) = section(of_run(store, RUN), Leaderboards).leaderboards
    assert own["evaluation"] in first.about


def test_the_report_and_the_leaderboard_show_the_same_evaluations(store: Store) -> None:
    two_models(store, 20)
    current = two_models(store, 40)
    leaderboards = section(of_models(store), Leaderboards).leaderboards
    assert {row.evaluation for one in leaderboards for row in one.rows} == set(current)
    assert {row.evaluation for row in leaderboard(store)} == set(current)
