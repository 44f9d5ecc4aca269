"""What an import has read and not yet stored: many files go into the store at once."""

from collections.abc import Iterable, Mapping, Sequence

from tpobench.harness.evaluation.declaration import ImportedModel
from tpobench.harness.evaluation.given_outputs import given_outputs
from tpobench.harness.evaluation.outputs import ModelOutputs
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, new_evaluation, store_evaluations
from tpobench.harness.records import Judgment, Metric, Model, NewEvaluation, Output, Prompt
from tpobench.harness.store.store import Store

ROWS = 4000
"""So many outputs and judgments are stored together. An insert takes five milliseconds, of one row or of a hundred."""


class ImportBatch:
    """Collects models, outputs, judgments and evaluations. What was collected is stored by `flush`, which returns what
    came in; importing the same again changes nothing."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._models: dict[str, Model] = {}
        self._prompts: dict[str, Prompt] = {}
        self._outputs: dict[str, Output] = {}
        self._judgments: list[Judgment] = []
        self._evaluations: list[tuple[EvaluationRecord, Sequence[JudgedPair]]] = []
        self._figures: dict[str, tuple[NewEvaluation, Sequence[Metric], Mapping[str, Mapping[str, float]]]] = {}
        self._items = 0
        self._imported: list[ImportedModel] = []

    @property
    def is_full(self) -> bool:
        """Whether it is time to flush."""
        return len(self._outputs) + len(self._judgments) + self._items >= ROWS or len(self._imported) >= ROWS

    def add_model(self, model: Model) -> None:
        """A model of which no texts are known."""
        self._models[model.fingerprint] = model

    def add_answers(self, name: str, prompts: Sequence[Prompt], answers: Sequence[str]) -> ModelOutputs:
        """Answers to the prompts, both in the same order; returned as a model's outputs."""
        given = given_outputs(name, prompts, answers)
        self.add_model(given.model)
        self._prompts |= {prompt.key: prompt for prompt in prompts}
        self._outputs |= {output.key: output for output in given.outputs}
        return given

    def add_outputs(self, imported: ImportedModel) -> None:
        """Outputs came in without judgments."""
        self._imported.append(imported)

    def add_evaluation(
        self, record: EvaluationRecord, entries: Sequence[JudgedPair], judgments: Iterable[Judgment], empty: int = 0
    ) -> None:
        """An evaluation with its judgments; `empty` of the candidate's answers were null or empty."""
        judgments = list(judgments)
        self._prompts |= {entry.prompt.key: entry.prompt for entry in entries}
        self._judgments += judgments
        self._evaluations.append((record, entries))
        self._imported.append(
            ImportedModel(
                model=record.candidate.name,
                prompts=len({entry.prompt.key for entry in entries}),
                evaluation=new_evaluation(record, entries).key,
                empty=empty,
                missing=sum(judgment.preference is None for judgment in judgments),
                rows=record.benchmark.rows,
            )
        )

    def add_figures(
        self, evaluation: NewEvaluation, metrics: Sequence[Metric], items: Mapping[str, Mapping[str, float]]
    ) -> str:
        """An evaluation without judgments, with its figures and, by metric, what each item scored; its key."""
        key = evaluation.key
        self._figures[key] = evaluation, metrics, items
        self._items += sum(map(len, items.values()))
        return key

    def flush(self) -> list[ImportedModel]:
        """Store everything; what came in."""
        self.store.add_models(self._models.values(), "imported")
        self.store.add_prompts(self._prompts.values())
        self.store.add_outputs(list(self._outputs.values()))
        self.store.add_judgments(self._judgments)
        store_evaluations(self.store, self._evaluations)
        self.store.add_metrics_of({key: metrics for key, (_, metrics, _) in self._figures.items()})
        self.store.add_evaluations(evaluation for evaluation, _, _ in self._figures.values())
        self.store.add_items_of({key: items for key, (_, _, items) in self._figures.items()})
        imported = list(self._imported)
        for collected in (self._models, self._prompts, self._outputs, self._figures):
            collected.clear()
        for listed in (self._judgments, self._evaluations, self._imported):
            listed.clear()
        self._items = 0
        return imported
