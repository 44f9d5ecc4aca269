"""What two models side by side come to."""

import json

import pytest

from tests.reports.stores import Judging, answered, judged, prompts, two_models
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Metric, Model, NewEvaluation, content_key
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_comparison
from tpobench.reports.formats.html import render
from tpobench.reports.formats.markdown import markdown


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


def test_a_comparison_that_missing_verdicts_leave_open_is_invalid(store: Store) -> None:
    asked = prompts(100)
    base, new, old = (answered(store, name, DIRECT, asked, [name] * 100) for name in ("base", "new", "old"))
    judged(store, new, base, Judging(say=lambda n, order: 1.0 if n < 30 else None))
    judged(store, old, base, Judging(say=lambda n, order: 0.5))
    content = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    assert (content.verdict.badge, content.verdict.tone) == ("INVALID", "invalid")
    assert "70 of 100 shared prompts have no verdict, so that the difference lies between" in content.verdict.sentence
    assert "−20.0 and +50.0 points" in content.verdict.sentence
    assert [one.figure for one in content.verdict.headlines] == ["INVALID", "INVALID", "50.0%"]
    page, text = render(content), markdown(content)
    assert "+50.0 (" not in page
    assert "INVALID" in text


def test_a_metric_of_the_user_s_is_a_number_and_no_share(store: Store) -> None:
    for model, value in (("new", 0.25), ("old", 2.0)):
        fingerprint = content_key("test", model)
        store.add_model(Model(model, f"/models/{model}", fingerprint), "given")
        evaluation = NewEvaluation(
            benchmark="p.jsonl",
            judge="mine:brevity#1",
            params=json.dumps({"metric": "mine:brevity"}),
            candidate=fingerprint,
            candidate_mode="direct",
        )
        store.add_metrics(evaluation.key, [Metric(name="mine:brevity", value=value, n=40)])
        store.add_items(evaluation.key, "mine:brevity", {f"p{n}": value + n / 100 for n in range(40)})
        store.add_evaluation(evaluation)
    content = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("new", "old"))
    verdict = content.verdict
    assert verdict.sentence.startswith(
        "new minus old: −1.750 in mine:brevity on 40 shared prompts (95% interval −1.750"
    )
    assert [one.figure for one in verdict.headlines] == ["−1.750"]
    assert "−1.750" in render(content)
    assert "points" not in verdict.sentence
