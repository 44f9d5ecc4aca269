"""Which epoch goes on, and what is left of the others."""

from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.tpo.runs import least, sealed
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.progress import Progress
from tpobench.harness.records import Model, Prompt
from tpobench.harness.store.step_details import EpochDetails, TrainDetails
from tpobench.harness.store.store import Store
from tpobench.tpo.run import TrainingRun
from tpobench.tpo.selection import EpochSelection, install_epoch

PROMPTS = [Prompt("one"), Prompt("two")]
START = Model("seed", "/seed", "s")


def trained(folder: Path, epochs: int = 3) -> TrainDetails:
    made = tuple(
        EpochDetails(
            epoch=number,
            folder=str(folder / "thought-1.epochs" / f"epoch-{number}"),
            model=f"model {number}",
            metrics={"loss": 1 / number},
        )
        for number in range(1, epochs + 1)
    )
    return TrainDetails(
        job="j",
        name="run/thought-1",
        target=str(folder / "thought-1"),
        parent="s",
        method="dpo",
        epochs=made,
        metrics=made[-1].metrics,
    )


class Answers:
    """The outputs of every model: its fingerprint and the prompt; no answer to "two" of a model named in `unparsed`."""

    def __init__(self, unparsed: str = "") -> None:
        self._unparsed = unparsed

    def outputs_of(self, model: Model) -> Any:
        def outputs(prompts: Sequence[Prompt], *_: object) -> list[Any]:
            return [
                SimpleNamespace(
                    parse_error=model.fingerprint == self._unparsed and prompt.text == "two",
                    response=f"{model.fingerprint} on {prompt.text}",
                )
                for prompt in prompts
            ]

        return SimpleNamespace(ensure=lambda *_: None, outputs=outputs)

    def released(self) -> Any:
        return nullcontext()


class Preferring:
    """A judge with one preference for all of an epoch's answers; it keeps what it saw."""

    def __init__(self, preferences: dict[str, list[float | None]]) -> None:
        self.preferences = preferences
        self.seen: list[tuple[list[str | None], list[str | None]]] = []

    def against(self, _: object, __: object, ours: Any, theirs: Any, what: str) -> list[float | None]:
        self.seen.append((list(ours), list(theirs)))
        return self.preferences[what.rpartition(" ")[2]]

    def close(self) -> None:
        pass


def best(preferences: dict[str, list[float | None]], folder: Path, unparsed: str = "") -> tuple[Any, Preferring]:
    judge = Preferring(preferences)
    run: Any = SimpleNamespace(config=least(), held=Answers(unparsed), store=None)
    selection = EpochSelection(run, judge, DIRECT, PROMPTS)  # type: ignore[arg-type]
    return selection.best_epoch(START, trained(folder)), judge


def test_the_epoch_that_wins_most_often_against_the_start_goes_on(tmp_path: Path) -> None:
    details, judge = best({"1": [0.5, 0.5], "2": [1.0, 0.5], "3": [0.0, 1.0]}, tmp_path)
    assert (details.epoch, details.model, details.folder) == (2, "model 2", str(tmp_path / "thought-1"))
    assert [figure.win_rate for figure in details.figures] == [0.5, 0.75, 0.5]
    assert judge.seen[1] == (["model 2 on one", "model 2 on two"], ["s on one", "s on two"])


def test_the_earlier_of_equals_goes_on(tmp_path: Path) -> None:
    assert best({"1": [0.0, 0.0], "2": [1.0, 0.5], "3": [0.5, 1.0]}, tmp_path)[0].epoch == 2


def test_a_missing_verdict_counts_for_neither_and_an_answer_that_does_not_parse_is_none(tmp_path: Path) -> None:
    details, judge = best({"1": [0.7, None], "2": [None, None], "3": [0.6, 0.6]}, tmp_path, unparsed="model 3")
    assert [figure.win_rate for figure in details.figures] == [pytest.approx(0.7), 0.5, pytest.approx(0.6)]
    assert [figure.parsed for figure in details.figures] == [1.0, 1.0, 0.5]
    assert judge.seen[2][0] == ["model 3 on one", None]


def test_the_chosen_epoch_is_moved_and_the_others_are_pruned(store: Store, tmp_path: Path) -> None:
    details = trained(tmp_path)
    for epoch in details.epochs:
        sealed(Path(epoch.folder))
    run = TrainingRun(least(), tmp_path, store, Progress(quiet=True), START)
    model = install_epoch(run, details, "model 2")
    assert model == Model("run/thought-1", str(tmp_path / "thought-1"), "model 2")
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["thought-1"]
    made = store.rows("SELECT name, made_by, parent FROM model ORDER BY name")
    assert [tuple(row.values()) for row in made] == [
        ("run/thought-1", "dpo", "s"),
        ("run/thought-1/epoch-1", "dpo, pruned", "s"),
        ("run/thought-1/epoch-3", "dpo, pruned", "s"),
    ]
    assert install_epoch(run, details, "model 2") == model
