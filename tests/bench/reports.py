"""How long a report takes to build, how large it is, and how soon it answers in a browser.

    python tests/bench/reports.py

Five models with 805 prompts each and full texts, judged in both orders; then 200,000 judgments. Each report is built by
its own process, as `tpobench report` does it. Interactive means: opened from disk, until the first filter is there.
"""

import argparse
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.reports.stores import Judging, answered, judged, prompts
from tpobench.harness.models.modes import DIRECT
from tpobench.harness.store.store import Store

_WORDS = [f"word{n}" for n in range(4000)]


def fill(path: Path, models: int, asked: int, chars: int) -> None:
    """A store of models that answer with about so many characters of random words, which compress badly."""
    chance = random.Random(0)
    questions = prompts(asked, [f"category {n}" for n in range(20)])

    def answers() -> list[str]:
        return [" ".join(chance.choices(_WORDS, k=chars // 8)) for _ in range(asked)]

    with Store(path) as store:
        base = answered(store, "baseline", DIRECT, questions, answers())
        for number in range(models):
            side = answered(store, f"model-{number}", DIRECT, questions, answers(), "a thought of some length " * 8)
            draws = [chance.random() for _ in range(asked)]
            judged(store, side, base, Judging(say=lambda n, order, draws=draws: draws[n]))  # type: ignore[misc]


def build(path: Path, out: Path) -> tuple[float, float]:
    """Seconds and peak memory (MB) of the command."""
    start = time.perf_counter()
    command = [
        sys.executable,
        "-c",
        "from tpobench.cli import main; main()",
        "report",
        "--store",
        path,
        "-o",
        out,
        "--json",
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def interactive(out: Path) -> str:
    """Milliseconds until the filters are there, and for a search over all examples, the median of five."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        return "no Chromium here"
    from playwright.sync_api import sync_playwright

    opened, searched = [], []
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=found, args=["--no-sandbox"])
        for _ in range(5):
            page = browser.new_page()
            start = time.perf_counter()
            page.goto(out.as_uri())
            page.wait_for_selector("#filters:not([hidden])")
            opened.append(1000 * (time.perf_counter() - start))
            page.select_option("#evaluation", label="all of them")
            start = time.perf_counter()
            page.fill("#search", "word7 word")
            page.locator("#count", has_text="of").wait_for()
            page.wait_for_timeout(130)  # the search waits so long for the next letter
            page.evaluate("document.querySelector('#count').textContent")
            searched.append(1000 * (time.perf_counter() - start) - 130)
            page.close()
        browser.close()
    return f"{sorted(opened)[2]:.0f} ms to open, {sorted(searched)[2]:.0f} ms to search"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    print("| store | built in | file | peak memory | in Chromium |\n|---|---|---|---|---|")
    cases = [
        ("5 models x 805 prompts, full texts", 5, 805, 1700),
        ("50 models x 2,000 prompts: 200,000 judgments", 50, 2000, 400),
    ]
    with tempfile.TemporaryDirectory() as folder:
        for name, models, asked, chars in cases:
            path, out = Path(folder) / f"{models}.duckdb", Path(folder) / f"{models}.html"
            fill(path, models, asked, chars)
            seconds, memory = build(path, out)
            megabytes = out.stat().st_size / 1e6
            print(
                f"| {name} | {seconds:.1f} s | {megabytes:.1f} MB | {memory:.0f} MB | {interactive(out)} |", flush=True
            )


if __name__ == "__main__":
    main()
