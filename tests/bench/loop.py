"""The harness's own share of a training iteration: everything but sampling, judging and training.

python tests/bench/loop.py                     # one small iteration of the direct arm, about three minutes
python tests/bench/loop.py --run FOLDER        # of a run that was made
"""

import argparse
import tempfile
import time
from pathlib import Path

from tpobench.harness.config import load_yaml
from tpobench.harness.progress import Progress
from tpobench.harness.store.store import Store
from tpobench.tpo.config import RunConfig
from tpobench.tpo.loop import run_training

QUICKSTART = Path(__file__).parents[2] / "tpo" / "quickstart.yaml"
SMALLER = {"warm_start": None, "arms": ["direct"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, help="folder of a finished run")
    folder = parser.parse_args().run
    wall = None
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="tpobench-loop-"))
        config = load_yaml(QUICKSTART, RunConfig).model_copy(update=SMALLER)
        started = time.monotonic()
        with Store(folder / "store.duckdb") as store:
            run_training(config, folder, store, Progress())
        wall = time.monotonic() - started
    with Store(folder / "store.duckdb", read_only=True) as store:
        rows = store.sql(
            "SELECT split_part(name, '/', 1) AS kind, count(*), sum(seconds), "
            "sum(seconds - (details->>'busy_seconds')::DOUBLE) FROM step GROUP BY ALL ORDER BY sum(seconds) DESC"
        )[1]
    print(f"{'step':<14} {'times':>5} {'seconds':>9} {'own':>7}")
    for kind, times, seconds, own in rows:
        print(f"{kind:<14} {times:>5} {seconds:>9.1f} {own:>7.1f}")
    total, own = sum(row[2] for row in rows), sum(row[3] for row in rows)
    if wall is not None:
        print(f"between steps and before the first: {wall - total:.1f} s of {wall:.1f} s")
        own, total = own + wall - total, wall
    print(f"the harness's own share: {own / total:.1%} (at most 5%)")


if __name__ == "__main__":
    main()
