"""What the models of a store come to."""

from tests.reports.stores import Judging, answered, finished_run, judged, prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.store import Store
from tpobench.reports.content import of_models
from tpobench.reports.formats.html import render


def test_judgments_without_any_verdict(store: Store) -> None:
    asked = prompts(40)
    new, old = (answered(store, name, DIRECT, asked, [f"{name} {n}" for n in range(40)]) for name in ("new", "old"))
    judged(store, new, old, Judging(say=lambda n, order: None))
    content = of_models(store)
    assert content.verdict.sentence == "No judge has given a verdict; the leaderboard shows what else was measured."
    assert any("a gate would be INVALID" in warning for warning in content.verdict.warnings)
    render(content)


def test_one_gated_model_among_several_is_no_badge(store: Store) -> None:
    finished_run(store)
    several = of_models(store).verdict
    assert several.badge == "2 MODELS"
    assert "The gate's decision on" in several.sentence
    assert of_models(store, ["run/direct-1"]).verdict.badge == "NOT GATED"
    assert of_models(store, ["run/thought-1"]).verdict.badge in ("PASS", "FAIL", "INCONCLUSIVE", "INVALID")
