"""Many files go into the store at once."""

from collections import Counter

import pytest

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.declaration import ImportedModel
from tpobench.harness.evaluation.import_batch import ROWS, ImportBatch
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.records import Judgment, Prompt
from tpobench.harness.store.store import Store

PROMPTS = [Prompt(f"prompt {n}", "ab"[n % 2]) for n in range(10)]


def judged(batch: ImportBatch, name: str) -> tuple[EvaluationRecord, list[JudgedPair]]:
    """Ten judgments of a model, put into the batch."""
    ours = batch.add_answers(name, PROMPTS, [f"{name} {n}" for n in range(10)])
    theirs = batch.add_answers("base", PROMPTS, ["no"] * 10)
    judgments = [
        Judgment(
            key=f"{name} {n}",
            judge="judge",
            prompt_key=prompt.key,
            response_a="a",
            response_b="b",
            chars_a=n,
            chars_b=2,
            order="AB",
            verdict="imported",
            preference=None if n == 0 else n / 10,
        )
        for n, prompt in enumerate(PROMPTS)
    ]
    sides = zip(PROMPTS, judgments, ours.outputs, theirs.outputs, strict=True)
    entries = [JudgedPair(prompt, judgment.key, mine.key, its.key) for prompt, judgment, mine, its in sides]
    benchmark = Benchmark(name="bench", prompts=PROMPTS, rows=10)
    record = EvaluationRecord(benchmark=benchmark, judge="judge", candidate=ours.model, baseline=theirs.model)
    batch.add_evaluation(record, entries, judgments, empty=3)
    return record, entries


def test_what_a_batch_stores_is_what_is_stored_one_by_one(store: Store) -> None:
    batch = ImportBatch(store)
    both = [judged(batch, name) for name in ("m", "n")]
    came = batch.flush()
    assert batch.flush() == []
    assert [(one.model, one.prompts, one.empty, one.missing, one.rows) for one in came] == [
        ("m", 10, 3, 1, 10),
        ("n", 10, 3, 1, 10),
    ]
    metrics = {one.evaluation: store.metrics(str(one.evaluation)) for one in came}
    counts = store.row_counts()
    assert {key: store.metrics(key) for key in (store_evaluation(store, *each) for each in both)} == metrics
    assert store.row_counts() == counts


def test_hundreds_of_files_take_a_few_inserts(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    inserts: Counter[str] = Counter()
    insert = store._insert

    def counted(table: str, rows: list[object]) -> int:
        inserts[table] += bool(rows)
        return insert(table, rows)

    monkeypatch.setattr(store, "_insert", counted)
    batch, came = ImportBatch(store), list[ImportedModel]()
    for number in range(500):
        batch.add_answers(f"m{number}", PROMPTS, [f"{number}"] * 10)
        batch.add_outputs(ImportedModel(model=f"m{number}", prompts=10, evaluation=None))
        if batch.is_full:
            came += batch.flush()
    came += batch.flush()
    assert len(came) == store.row_counts()["model"] == 500
    assert max(inserts.values()) <= 5000 // ROWS + 1
