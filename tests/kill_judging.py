"""kill -9 at random moments of a judging run: no call that was stored is made again, and nothing is lost.

``python tests/kill_judging.py --kills 20``
"""

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.apis.stub import stub_server
from tests.bench.judging import JUDGE, comparisons
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.progress import Progress
from tpobench.harness.store.store import Store

CALLS, IN_FLIGHT = 10_000, 64


def judge(path: str, url: str) -> None:
    with Store(path) as store:
        client = Client(Endpoint("stub", url), Limits(concurrency=IN_FLIGHT))
        ModelJudge(protocol=JUDGE, client=client, progress=Progress(quiet=True)).judge(
            store, comparisons(CALLS), "judging"
        )


def stored(path: Path) -> set[str]:
    with Store(path) as store:
        return {row[0] for row in store.sql("SELECT judgment_key FROM judgment")[1]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--child", nargs=2, metavar=("STORE", "URL"))
    asked = parser.parse_args()
    if asked.child:
        judge(*asked.child)
        return
    coin = random.Random(0)
    done: set[str] = set()
    unstored = 0
    with tempfile.TemporaryDirectory() as folder, stub_server(0.2) as url:
        path = Path(folder) / "s.duckdb"

        def answered() -> int:
            return int(json.loads(urllib.request.urlopen(f"{url}/stats").read())["answered"])

        for kill in range(asked.kills):
            before = answered()
            child = subprocess.Popen([sys.executable, __file__, "--child", str(path), url])
            target = before + coin.randrange(30, 400)
            while answered() < target and child.poll() is None:
                time.sleep(0.01 * coin.random())
            child.send_signal(signal.SIGKILL)
            child.wait()
            time.sleep(0.3)
            now = stored(path)
            assert done <= now, "a stored judgment was lost"
            unstored += answered() - before - len(now - done)
            done = now
            print(f"kill {kill + 1:2}: {len(done)} of {CALLS} judgments stored")
        before = answered()
        judge(str(path), url)
        assert answered() - before == CALLS - len(done), "a stored call was made again"
        assert len(stored(path)) == CALLS
    assert done, "no kill came in the middle of the work"
    print(f"{asked.kills} kills: no stored call repeated, none lost; {unstored} calls were in flight at a kill")


if __name__ == "__main__":
    main()
