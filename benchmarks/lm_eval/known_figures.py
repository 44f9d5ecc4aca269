"""What the store knows of lm-eval's tasks while files are imported: the same figures again change nothing, and others
of the same model are those of another run of it."""

from collections.abc import Sequence

from tpobench.benchmarks.lm_eval.names import PREFIX
from tpobench.benchmarks.lm_eval.results_file import ResultsFile, TaskFigures
from tpobench.harness.records import Metric, Model, content_key
from tpobench.harness.store.evaluations import evaluations_of
from tpobench.harness.store.models import models_with_fingerprints
from tpobench.harness.store.store import Store

Measured = tuple[str, str, str, str]
"""Benchmark, judge, candidate and its mode."""

Values = dict[str, tuple[float | None, int]]


class KnownFigures:
    """The figures of every evaluation on lm-eval's tasks, those that are being imported too."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Measured, list[tuple[str, Values, bool]]] = {}
        evaluations = [one for one in evaluations_of(store) if one.benchmark.startswith(PREFIX)]
        metrics = store.metrics_of([one.evaluation for one in evaluations])
        for one in evaluations:
            measured = one.benchmark, one.judge, one.candidate, one.candidate_mode
            self._add(measured, one.evaluation, metrics[one.evaluation], "items" in one.about)

    def same(self, task: TaskFigures, model: Model, mode: str) -> str | None:
        """The key of the evaluation that has these figures, and the items if the file has them; None where there is
        none."""
        wanted = _values(task.metrics)
        for key, values, has_items in self._known.get((task.benchmark, task.judge, model.fingerprint, mode), []):
            if _agree(wanted, values) and (has_items or not task.items):
                return key
        return None

    def author(self, file: ResultsFile, named: Model, tasks: Sequence[TaskFigures], mode: str) -> Model:
        """Whose results they are: those of the model that the file names, unless the store has other figures of that
        model in one of these tasks. A fingerprint that the file claims counts where the store does not know the model
        from its weights, or has these very figures of it."""
        claimed = file.claimed_fingerprint
        if claimed is not None:
            model = Model(named.name, named.folder, claimed)
            known = models_with_fingerprints(self._store, [claimed])
            is_own = claimed in known and known[claimed].made_by != "imported"
            if all(self.same(task, model, mode) for task in tasks) or not (is_own or self._differs(model, tasks, mode)):
                return model
        if not self._differs(named, tasks, mode):
            return named
        run = content_key("lm-eval run", named.fingerprint, [(task.task, task.params) for task in tasks])
        return Model(named.name, named.folder, run)

    def add(self, key: str, task: TaskFigures, model: Model, mode: str) -> None:
        """Remember an evaluation that is being imported."""
        measured = task.benchmark, task.judge, model.fingerprint, mode
        self._add(measured, key, task.metrics, bool(task.items))

    def _differs(self, model: Model, tasks: Sequence[TaskFigures], mode: str) -> bool:
        """Whether there are figures of the model in one of the tasks, and none like these."""
        for task in tasks:
            known = self._known.get((task.benchmark, task.judge, model.fingerprint, mode), [])
            if known and not any(_agree(_values(task.metrics), values) for _, values, _ in known):
                return True
        return False

    def _add(self, measured: Measured, key: str, metrics: Sequence[Metric], has_items: bool) -> None:
        self._known.setdefault(measured, []).append((key, _values(metrics), has_items))


def _values(metrics: Sequence[Metric]) -> Values:
    return {metric.name: (metric.value, metric.n) for metric in metrics if metric.category is None}


def _agree(wanted: Values, known: Values) -> bool:
    return all(known.get(name) == figure for name, figure in wanted.items())
