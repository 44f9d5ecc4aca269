"""What two models side by side come to."""

import pytest

from tests.reports.stores import two_models
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
