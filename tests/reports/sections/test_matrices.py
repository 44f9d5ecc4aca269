"""The heat map of models by category."""

from tests.reports.stores import Judging, answered, judged, prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.records import Metric
from tpobench.harness.store.store import Store
from tpobench.reports.evaluations import read_evaluations
from tpobench.reports.sections.matrices import matrices, shade


def test_categories_under_thirty_prompts_share_a_column(store: Store) -> None:
    asked = prompts(95, ["large", "larger", *["one", "two", "three"]])  # 19 of each
    asked = [*asked, *prompts(300, ["large", "larger"])[200:]]  # and 50 more of the first two
    new, old = (answered(store, name, DIRECT, asked, [name] * len(asked)) for name in ("new", "old"))
    small = {number for number, prompt in enumerate(asked) if not prompt.category.startswith("large")}
    key = judged(store, new, old, Judging(say=lambda n, order: 0.0 if n in small else 1.0))
    matrix, alone = matrices(list(read_evaluations(store, [key]).values()), {key: "new"})
    assert matrix.groups == ["large", "larger", "3 with under 30 prompts each"]
    ((_, cells),) = matrix.rows
    assert [(cell.value, cell.n) for cell in cells if cell] == [(1.0, 69), (1.0, 69), (0.0, 57)]
    assert (alone.groups, alone.small) == (["one", "three", "two"], True)


def test_a_shade_says_how_far_from_one_half() -> None:
    def of(value: float | None) -> str:
        return shade(Metric(name="win_rate", value=value, n=1))

    assert [of(value) for value in (0.0, 0.35, 0.5, 0.52, 0.6, 1.0, None)] == [
        "down5",
        "down2",
        "",
        "",
        "up1",
        "up5",
        "",
    ]
