"""What the models of a store come to."""

from tests.reports.stores import Judging, answered, finished_run, judged, prompts
from tpobench.harness.evaluation.leaderboard import leaderboard
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Metric
from tpobench.harness.stats.intervals import mean_interval
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_models
from tpobench.reports.formats.figures import percent_range
from tpobench.reports.formats.html import render
from tpobench.reports.formats.markdown import markdown


def test_judgments_without_any_verdict(store: Store) -> None:
    asked = prompts(40)
    new, old = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old"))
    judged(store, new, old, Judging(say=lambda n, order: None))
    content = of_models(store)
    assert content.verdict.sentence == "No judge has given a verdict; what else was measured stands below."
    assert content.verdict.headlines == []
    assert any("a gate would be INVALID" in warning for warning in content.verdict.warnings)
    render(content)


def test_one_gated_model_among_several_is_no_badge(store: Store) -> None:
    finished_run(store)
    several = of_models(store).verdict
    assert several.badge == "2 MODELS"
    assert several.sentence.startswith("run/thought-1 and run/direct-1 cannot be told apart")
    assert any(one.startswith("run/thought-1, gated against run/direct-1, meets every rule") for one in several.more)
    assert of_models(store, ["run/direct-1"]).verdict.badge == "NOT GATED"
    assert of_models(store, ["run/thought-1"]).verdict.badge in ("PASS", "FAIL", "INCONCLUSIVE", "INVALID")


def winning(store: Store, asked: int, **shares: float) -> None:
    """Models that win these shares of the prompts against ``base``."""
    questions = prompts(asked)
    base = answered(store, "base", DIRECT, questions, ["base"] * asked)
    for name, share in shares.items():
        side = answered(store, name, DIRECT, questions, [name] * asked)
        judged(store, side, base, Judging(say=lambda n, order, s=share: float(n < s * asked)))  # type: ignore[misc]


def test_a_model_leads_only_where_that_is_certain(store: Store) -> None:
    winning(store, 120, best=0.9, good=0.6, bad=0.2)
    said = of_models(store).verdict.sentence
    assert said.startswith("best leads 3 models on test/questions: it wins 90.0% against base (")


def test_models_at_the_top_that_cannot_be_told_apart_are_named(store: Store) -> None:
    winning(store, 120, a=0.62, b=0.61, c=0.6, d=0.6, bad=0.2)
    said = of_models(store).verdict.sentence
    assert said.startswith(
        "a, b, c and 1 more cannot be told apart at the top of 5 models on test/questions: a wins 62.5% against "
    )
    assert "leads" not in said


def test_a_model_whose_judge_refused_leads_nobody(store: Store) -> None:
    winning(store, 100, good=0.6)
    asked = prompts(100)
    base, refused = (answered(store, name, DIRECT, asked, [name] * 100) for name in ("base", "refused"))
    judged(store, refused, base, Judging(say=lambda n, order: 1.0 if n < 30 else None))
    content = of_models(store)
    assert content.verdict.sentence == (
        "good is the only model with a valid figure on test/questions, beside 1 model without a valid figure: it wins "
        f"60.0% against base (95% interval {percent_range(mean_interval([1.0] * 60 + [0.0] * 40))}); trust it with "
        "care: 70 prompts (70.0%) without a verdict."
    )
    assert any("the win rate lies between 30.0% and 100.0%" in warning for warning in content.verdict.warnings)
    (one,) = of_models(store, ["refused"]).verdict.headlines
    assert (one.figure, one.as_json()["value"]) == ("INVALID", None)
    assert one.limits == "between 30.0–100.0%: 70 of 100 prompts have no verdict"
    page, text = render(content), markdown(content)
    assert "INVALID (30.0–100.0)" in text
    assert "INVALID" in page


def test_a_model_is_ranked_by_the_figure_that_its_benchmark_is_known_by(store: Store) -> None:
    """By win rate `longer` is ahead, by length-controlled win rate `better`."""
    asked = prompts(100)
    base = answered(store, "base", DIRECT, asked, ["base"] * 100)
    for name, wins, controlled in (("longer", 80, 0.4), ("better", 60, 0.7)):
        side = answered(store, name, DIRECT, asked, [name] * 100)
        say = Judging(say=lambda n, order, w=wins: float(n < w), name="alpaca_eval")  # type: ignore[misc]
        key = judged(store, side, base, say)
        metric = Metric(name="lc_win_rate", value=controlled, n=100, low=controlled - 0.05, high=controlled + 0.05)
        store.add_metrics(key, [*store.metrics(key), metric])
    verdict = of_models(store).verdict
    assert verdict.sentence == (
        "better leads 2 models on alpaca_eval by LC win %: it has 70.0% against base (95% interval 65.0–75.0%); no "
        "reason was found to distrust it."
    )
    assert verdict.headlines[0].reach == "(LC win %, 95% interval 65.0–75.0%; n = 100)"
    assert [row.model for row in leaderboard(store)] == ["better", "longer"]


def test_a_decision_comes_with_its_rules(store: Store) -> None:
    finished_run(store)
    alone = of_models(store, ["run/thought-1"])
    assert alone.verdict.sentence.startswith(
        "run/thought-1, gated against run/direct-1, meets every rule of the gate, so it may be promoted; on "
        "test/questions it wins 66.4% against seed (95% interval "
    )
    rules = {rule["rule"] for rule in alone.verdict.rules}
    assert "head_to_head" in rules
    assert "The gate's rules" in markdown(alone)
    assert "The gate&#39;s rules" in render(alone) or "The gate's rules" in render(alone)
