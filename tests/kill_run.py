"""kill -9 at random moments of a whole run, then check that nothing was lost, done twice or left half done.

    python tests/kill_run.py --kills 20

The run is the quickstart's (or --config FILE). After every kill the rows that were stored must still be there, byte
for byte and with the time they were written. At the end the run must complete, and its rows are compared with those
of an undisturbed run in --reference FOLDER when one is given.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from harness.checkpoints import is_complete
from harness.store import Store

PERMANENT = ("prompt", "output", "score", "judgment", "pair", "step", "model")


def rows(folder: Path) -> dict[str, set[tuple[str, ...]]]:
    if not (folder / "store.duckdb").exists():
        return {table: set() for table in PERMANENT}
    with Store(folder / "store.duckdb") as store:
        return {t: {tuple(map(str, row)) for row in store.sql(f"SELECT * FROM {t}")[1]} for t in PERMANENT}


def keys(found: dict[str, set[tuple[str, ...]]], table: str) -> set[str]:
    return {row[0] for row in found[table]}


def start(config: Path, folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from harness.cli import main; main()", "train", str(config), "--dir", str(folder)]
    with (folder.parent / "log.txt").open("ab") as log:
        return subprocess.Popen(command, stdout=log, stderr=log)


def trainers(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["cmdline"]):
        line = process.info["cmdline"] or []
        if "tpo.trainer" in line and any(str(folder) in part for part in line):
            found.append(process)
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--config", type=Path, default=Path("tpo/quickstart.yaml"))
    parser.add_argument("--shortest", type=float, default=4, help="seconds to the earliest kill")
    parser.add_argument("--longest", type=float, default=90, help="seconds to the latest kill")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reference", type=Path)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tpobench-kill-")) / "run"
    folder.mkdir()
    rng = random.Random(arguments.seed)
    delays = [rng.uniform(arguments.shortest, arguments.longest) for _ in range(arguments.kills)]
    before, faults = disturb(arguments.config, folder, delays)
    status = start(arguments.config, folder).wait()
    final = rows(folder)
    if status != 0:
        faults.append(f"the last start ended with status {status}")
    if any(before[table] - final[table] for table in PERMANENT):
        faults.append("the last start lost or rewrote rows")
    print("final: " + ", ".join(f"{table} {len(final[table])}" for table in PERMANENT))
    if arguments.reference:
        undisturbed = rows(arguments.reference)
        for table in PERMANENT:
            same = keys(final, table) & keys(undisturbed, table)
            print(f"  {table}: {len(same)} of {len(undisturbed[table])} keys as in the undisturbed run")
    print("\n".join(faults) if faults else "no fault: nothing lost, nothing done twice, no half checkpoint", flush=True)
    print(f"log: {folder.parent / 'log.txt'}")
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
