"""kill -9 at random moments of a whole run, then check that nothing was lost, done twice or left half done.

    python tests/kill_run.py --kills 20                       # two iterations of both arms on a miniature model
    python tests/kill_run.py --kills 20 --config FILE.yaml    # any other run

The run is made undisturbed first. After every kill the rows that were stored must still be there, byte for byte and
with the time they were written. At the end the disturbed run must complete, and its keys must be those of the
undisturbed one: that of a model is the hash of its weights.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
import yaml

from tests.miniature import build
from tpobench.harness.models.checkpoints import is_complete
from tpobench.harness.models.resolve import embedded_folder
from tpobench.harness.store.store import Store

PERMANENT = ("prompt", "output", "score", "judgment", "pair", "step", "model")


def miniature_run(place: Path) -> Path:
    """The configuration of a run of two iterations, two epochs each, that takes a minute or two."""
    model = build(place / "model", embedded_folder())
    (place / "thought.yaml").write_text(yaml.safe_dump({"user": "{prompt}", "response_marker": "l"}))
    for name, numbers in (("train", range(40)), ("validation", range(40, 50)), ("test", range(50, 80))):
        (place / f"{name}.jsonl").write_text("\n".join(json.dumps(asked(number)) for number in numbers))
    settings = {
        "name": "kill",
        "model": str(model),
        "thought_mode": f"think:{place / 'thought.yaml'}",
        "iterations": 2,
        "samples": 16,
        "sampling": {"max_new_tokens": 24, "temperature": 1.0},
        "instructions": {
            "sources": [{"source": str(place / "train.jsonl")}],
            "per_iteration": 20,
            "near_duplicates": 0.99,
        },
        "training": {"learning_rate": 1e-5, "batch_size": 2, "epochs": 2},
        "selection": {"source": {"source": str(place / "validation.jsonl")}},
        "evaluation": {"benchmarks": [{"name": str(place / "test.jsonl")}], "sampling": {"max_new_tokens": 24}},
        "guards": {"parse_errors": 0.99, "truncated": 0.99, "length_growth": 50},
        "gate": {"head_to_head": {"margin": 0.05}},
    }
    file = place / "run.yaml"
    file.write_text(yaml.safe_dump(settings))
    return file


def asked(number: int) -> dict[str, object]:
    """A prompt whose answers a miniature model's gibberish meets now and then."""
    letter = "bcdfghjkmnp"[number % 11]
    return {"prompt": f"What about number {number}?", "checks": [{"regex": "[aeiou]"}, {"regex": f"[{letter}]"}]}


def rows(folder: Path) -> dict[str, set[tuple[str, ...]]]:
    if not (folder / "store.duckdb").exists():
        return {table: set() for table in PERMANENT}
    with Store(folder / "store.duckdb") as store:
        return {t: {tuple(map(str, row)) for row in store.sql(f"SELECT * FROM {t}")[1]} for t in PERMANENT}


def keys(found: dict[str, set[tuple[str, ...]]], table: str) -> set[str]:
    return {row[0] for row in found[table]}


def start(config: Path, folder: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-c",
        "from tpobench.cli import main; main()",
        "train",
        str(config),
        "--dir",
        str(folder),
    ]
    with (folder.parent / "log.txt").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def trainers(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "tpobench.tpo.trainer" in line and any(str(folder) in part for part in line):
            found.append(process)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--config", type=Path)
    parser.add_argument("--shortest", type=float, default=3, help="seconds to the earliest kill")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    place = Path(tempfile.mkdtemp(prefix="tpobench-kill-"))
    config = arguments.config or miniature_run(place)
    folder, reference = place / "run", place / "undisturbed"
    folder.mkdir()
    began = time.monotonic()
    if start(config, reference).wait() != 0:
        print(f"the undisturbed run failed; log: {place / 'log.txt'}")
        return 1
    whole = time.monotonic() - began
    print(f"undisturbed: {whole:.0f} s", flush=True)
    rng = random.Random(arguments.seed)
    # What is done between two kills stays done: the run must outlast them all, whatever a start costs.
    longest = max(5 * arguments.shortest, 3.5 * whole / arguments.kills)
    delays = [rng.uniform(arguments.shortest, longest) for _ in range(arguments.kills)]
    before, faults = disturb(config, folder, delays)
    status = start(config, folder).wait()
    final = rows(folder)
    if status != 0:
        faults.append(f"the last start ended with status {status}")
    if any(before[table] - final[table] for table in PERMANENT):
        faults.append("the last start lost or rewrote rows")
    print("final: " + ", ".join(f"{table} {len(final[table])}" for table in PERMANENT))
    undisturbed = rows(reference)
    for table in PERMANENT:
        same = keys(final, table) & keys(undisturbed, table)
        print(f"  {table}: {len(same)} of {len(undisturbed[table])} keys as in the undisturbed run")
        if len(same) < len(undisturbed[table]) or len(final[table]) != len(undisturbed[table]):
            faults.append(f"{table}: not what the undisturbed run made")
    print("\n".join(faults) if faults else "no fault: nothing lost, nothing done twice, no half checkpoint", flush=True)
    print(f"log: {place / 'log.txt'}")
    return 1 if faults else 0


def disturb(config: Path, folder: Path, delays: list[float]) -> tuple[dict[str, set[tuple[str, ...]]], list[str]]:
    """Start the run and kill it after each delay; returns the rows after the last kill, and every fault seen."""
    faults: list[str] = []
    before = rows(folder)
    for number, delay in enumerate(delays, 1):
        process = start(config, folder)
        try:
            status = process.wait(delay)
            print(f"start {number}: the run ended by itself with status {status}", flush=True)
            return rows(folder), faults + ([f"status {status} at start {number}"] if status else [])
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(2)
        after = rows(folder)
        lost = sum(len(before[table] - after[table]) for table in PERMANENT)
        if trainers(folder):
            faults.append(f"a trainer outlived kill {number}")
        if lost:
            faults.append(f"{lost} rows lost or rewritten by kill {number}")
        if half := [c.name for c in (folder / "checkpoints").glob("*-????????") if not is_complete(c)]:
            faults.append(f"half a checkpoint after kill {number}: {half}")
        grown = ", ".join(f"{table} {len(after[table])}" for table in PERMANENT)
        print(f"kill {number} after {delay:.0f} s: {grown}; lost {lost}", flush=True)
        before = after
    return before, faults


if __name__ == "__main__":
    sys.exit(main())
