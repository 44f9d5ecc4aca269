"""The user's own metrics in every kind of report."""

import json

from tests.reports.stores import RUN, longer_run, section, two_models
from tpobench.harness.records import Metric, Model, NewEvaluation, content_key
from tpobench.harness.store.models import model_named
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_comparison, of_models, of_run
from tpobench.reports.formats.html import render
from tpobench.reports.formats.markdown import markdown
from tpobench.reports.sections.own_metrics import OwnMetrics


def toxicity(store: Store, model: str, value: float) -> None:
    """Store a metric over all prompts and by category, as an evaluation by own metrics has it."""
    store.add_model(Model(model, f"/models/{model}", content_key("test", model)), "given")
    about = json.dumps({"metric": "my_metrics:toxicity", "judge_label": "my_metrics:toxicity"})
    evaluation = NewEvaluation(
        benchmark="test/questions",
        judge="my_metrics:toxicity#1",
        params=about,
        candidate=content_key("test", model),
        candidate_mode="direct",
    )
    metrics = [
        Metric(name="my_metrics:toxicity", value=value, n=n, category=category, low=value - 0.01, high=value + 0.01)
        for category, n in [(None, 103), ("Art", 50), ("Math", 50), ("Tiny", 3)]
    ]
    store.add_metrics(evaluation.key, metrics)
    store.add_evaluation(evaluation)


def test_models_and_comparisons_show_them_by_category(store: Store) -> None:
    two_models(store)
    toxicity(store, "new", 0.031)
    toxicity(store, "old", 0.25)
    (metric,) = section(of_models(store, ["new", "old"]), OwnMetrics).metrics
    assert (metric.name, metric.groups) == ("my_metrics:toxicity", ["Art", "Math"])
    assert [(name, figures[0].value) for name, figures in metric.rows if figures[0]] == [("new", 0.031), ("old", 0.25)]
    compared = of_comparison(store, model_named(store, "new"), model_named(store, "old"), ("n", "o"))
    (metric,) = section(compared, OwnMetrics).metrics
    assert [name for name, _ in metric.rows] == ["n", "o"]
    assert '0.031<span class="range">0.021–0.041' in render(compared)
    assert "| n | 0.031 (0.021–0.041) | 0.031 (0.021–0.041) |" in markdown(compared)


def test_a_run_shows_those_of_its_models(store: Store) -> None:
    longer_run(store)
    toxicity(store, "two", 0.5)
    toxicity(store, "stranger", 0.5)
    (metric,) = section(of_run(store, RUN), OwnMetrics).metrics
    assert [name for name, _ in metric.rows] == ["two"]


def test_a_store_of_metrics_alone_has_a_report(store: Store) -> None:
    toxicity(store, "new", 0.5)
    said = "new has my_metrics:toxicity 0.500 on test/questions (95% interval 0.490–0.510); no judge was asked."
    for content in (of_models(store), of_models(store, ["new"])):
        assert content.verdict.sentence == said
        assert "my_metrics:toxicity" in render(content)


def test_without_any_there_is_no_section(store: Store) -> None:
    two_models(store)
    assert of_models(store).section(OwnMetrics) is None
