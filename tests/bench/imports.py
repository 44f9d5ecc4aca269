"""Imports of many files, one in a hundred of them odd: everything good comes in, every odd one is named.

Prints a Markdown table. Takes about three minutes and 300 MB of disk. Ends with 1 where a file is lost, or an odd one
is not named.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.benchmarks.alpaca_eval.small import SMALL, annotations
from tpobench.benchmarks.alpaca_eval.files_in import import_alpaca
from tpobench.benchmarks.lm_eval.files import import_folder
from tpobench.harness.evaluation.declaration import ImportedModel, LeftOut
from tpobench.harness.store.store import Store

ROWS = 10
"""Rows of a file."""

ODD = 100
"""One file in so many is odd, in one of several ways."""

LEFTOVER = 50
"""Beside one in so many lies what a system has left."""

Importer = Callable[[Store, Path], Iterator[ImportedModel | LeftOut]]


@dataclass(frozen=True)
class Kind:
    """Files of one kind: how they are called, what is in the n-th one, and what imports a folder of them."""

    title: str
    name: str
    content: Callable[[int], object]
    importer: Importer


def outputs(number: int) -> object:
    rows = SMALL.rows[:ROWS]
    return [{"instruction": row.prompt.text, "output": f"{number}", "generator": f"m{number}"} for row in rows]


def judged(number: int) -> object:
    return [row | {"output_2": f"{number}: {row['output_2']}"} for row in annotations(f"m{number}")[:ROWS]]


def results(number: int) -> object:
    tasks = [f"task {task}" for task in range(ROWS)]
    return {
        "results": {task: {"acc,none": (number % 100) / 100} for task in tasks},
        "n-samples": {task: {"original": 100, "effective": 100} for task in tasks},
        "model_name": f"m{number}",
    }


def alpaca(store: Store, folder: Path) -> Iterator[ImportedModel | LeftOut]:
    return import_alpaca(store, folder, SMALL)


KINDS = (
    Kind("answers (AlpacaEval's model_outputs.json)", "model_outputs.json", outputs, alpaca),
    Kind("judgments (AlpacaEval's annotations.json)", "annotations.json", judged, alpaca),
    Kind("results of lm-eval, a row is a task", "results_1.json", results, import_folder),
)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=10_000)
    size = parser.parse_args().files
    print(f"| {size:,} files of {ROWS} rows, 1% odd | seconds | seconds, 100,000 rows | CPU seconds | named |")
    print("|---|---|---|---|---|")
    complete = [measured(kind, size) for kind in KINDS]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nPeak memory {peak:,.0f} MB.")
    sys.exit(0 if all(complete) else 1)


def measured(kind: Kind, size: int) -> bool:
    """Whether everything good came in and every odd file was named."""
    with tempfile.TemporaryDirectory() as place:
        odd = written(Path(place) / "files", kind, size)
        with Store(Path(place) / "s.duckdb") as store:
            started, cpu = time.perf_counter(), time.process_time()
            found = list(kind.importer(store, Path(place) / "files"))
            seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
            models = store.row_counts()["model"]
    named = {str(Path(one.file).parent.name) for one in found if isinstance(one, LeftOut)}
    good = size - len(odd) + (kind.name == "annotations.json")  # their baseline is a model, too
    print(
        f"| {kind.title} | {seconds:.0f} | {seconds / (size * ROWS) * 100_000:.0f} | {cpu:.0f} | "
        f"{len(named & odd)} of {len(odd)} |",
        flush=True,
    )
    return named == odd and models >= good


def written(folder: Path, kind: Kind, size: int) -> set[str]:
    """Write the files, a folder each; the names of the folders of odd ones."""
    odd = set()
    for number in range(size):
        place = folder / f"m{number}"
        place.mkdir(parents=True)
        text = json.dumps(kind.content(number)).encode()
        if number % LEFTOVER == 1:
            (place / f"._{kind.name}").write_bytes(b"\0\5\x16\7")
            (place / ".DS_Store").write_bytes(b"\0")
        if number % ODD == 0:
            odd.add(place.name)
            text = (text[: len(text) // 2], b"\x1f\x8b" + text, b"{}", b"[" * 10_000)[number // ODD % 4]
            text = text if text != b"{}" or kind.name != "results_1.json" else b'{"results": {}}'
        (place / kind.name).write_bytes(text)
    return odd


if __name__ == "__main__":
    main()
