"""How fast judgments come in, everything stored: against a server with a fixed delay, side by side with others.

Prints a Markdown table; the ratios come from this one run. Takes about three minutes on two cores.
"""

import asyncio
import json
import logging
import os
import resource
import sys
import tempfile
import time
import urllib.request
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.apis.faults import fault_proxy
from tests.apis.stub import stub_server
from tpobench.harness.api.calls import Limits
from tpobench.harness.api.client import Client
from tpobench.harness.api.endpoints import Endpoint
from tpobench.harness.judges.alpaca_eval import AlpacaEvalProtocol
from tpobench.harness.judges.asking import ModelJudge
from tpobench.harness.judges.base import Comparison
from tpobench.harness.progress import Progress
from tpobench.harness.records import Prompt
from tpobench.harness.store.store import Store

JUDGE = AlpacaEvalProtocol(model="stub")


def comparisons(count: int, mark: str = "") -> list[Comparison]:
    """Pairs of the length of AlpacaEval's: 400 and 2,000 characters."""
    return [
        Comparison(prompt=Prompt(f"{mark}{n}"), candidate=f"{n} " + "x" * 400, baseline="y" * 2000, order="AB")
        for n in range(count)
    ]


def ours(url: str, games: Sequence[Comparison], in_flight: int) -> tuple[float, ModelJudge]:
    """Seconds for all judgments, each in the store."""
    with tempfile.TemporaryDirectory() as folder, Store(Path(folder) / "s.duckdb") as store:
        client = Client(Endpoint("stub", url), Limits(concurrency=in_flight, timeout_s=10))
        model_judge = ModelJudge(protocol=JUDGE, client=client, progress=Progress(quiet=True))
        started = time.perf_counter()
        model_judge.judge(store, games, "judging")
        seconds = time.perf_counter() - started
        counts = store.sql("SELECT count(*), count(preference), count(DISTINCT judgment_key) FROM judgment")[1]
        assert counts == [(len(games),) * 3], counts
    return seconds, model_judge


def bare(url: str, games: Sequence[Comparison], in_flight: int) -> float:
    """The `openai` package as it comes, nothing stored."""
    from openai import AsyncOpenAI

    async def gather() -> None:
        client = AsyncOpenAI(api_key="none", base_url=url)
        gate = asyncio.Semaphore(in_flight)

        async def one(game: Comparison) -> None:
            async with gate:
                messages = [dict(message) for message in JUDGE.messages(game)]
                await client.chat.completions.create(model="stub", messages=messages, **JUDGE.options)

        await asyncio.gather(*(one(game) for game in games))

    return timed(lambda: asyncio.run(gather()))


def upstream(url: str, games: Sequence[Comparison], workers: int | None) -> float:
    """alpaca_eval's own annotator: its default of threads, or as many as we have calls in flight."""
    os.environ.update(OPENAI_API_BASE=url, OPENAI_API_KEY="none", TQDM_DISABLE="1")
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    import alpaca_eval.annotators as annotators
    import pandas as pd

    rows = [
        {
            "instruction": g.prompt.text,
            "output_1": g.baseline,
            "output_2": g.candidate,
            "generator_1": "b",
            "generator_2": "m",
        }
        for g in games
    ]
    annotator = annotators.PairwiseAnnotator(
        annotators_config="weighted_alpaca_eval_gpt4_turbo", is_avoid_reannotations=False, caching_path=None
    )
    settings = {} if workers is None else {"num_procs": workers}
    return timed(lambda: annotator.annotate_pairs(pd.DataFrame(rows), **settings))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    rows: list[tuple[str, str, str]] = []
    with stub_server(0.02) as url:
        ours(url, comparisons(200), 64)  # imports
    before = megabytes()
    with stub_server(1.0) as url:
        seconds, _ = ours(url, comparisons(5000, "e"), 256)
    after = megabytes()
    ideal = 5000 / 256
    rows.append(
        ("5,000 calls, 1 s, 256 in flight", f"{seconds:.1f} s", f"{seconds / ideal:.2f} x the ideal {ideal:.1f} s")
    )
    rows.append(("peak memory before and after those 5,000", f"{before:.0f} MB", f"{after:.0f} MB"))
    with stub_server(0.1) as url:
        seconds, _ = ours(url, comparisons(4000, "a"), 128)
        rate = 4000 / seconds
        others = 4000 / bare(url, comparisons(4000, "b"), 128)
        slow = 300 / upstream(url, comparisons(300, "c"), None)
        equal = 1000 / upstream(url, comparisons(1000, "d"), 128)
    rows += [
        ("calls/s, 100 ms, 128 in flight", f"{rate:.0f}", ""),
        ("the same through a bare AsyncOpenAI", f"{others:.0f}", f"{rate / others:.2f}x"),
        ("the same through alpaca_eval's annotator at its defaults", f"{slow:.0f}", f"{rate / slow:.1f}x"),
        ("the same with 128 threads", f"{equal:.0f}", f"{rate / equal:.2f}x"),
    ]
    with stub_server(0.02) as url, fault_proxy(url, 0.3, stall=1.0) as proxy:
        seconds, model_judge = ours(proxy, comparisons(10_000, "f"), 128)
        seen = json.loads(urllib.request.urlopen(f"{proxy}/stats").read())
    rows += [
        (
            "10,000 judgments, 30% of requests spoiled",
            f"{seconds:.0f} s",
            f"{model_judge.client.retries} retries, all stored once",
        )
    ]
    print("| judging | measured | ratio |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print("\n| fault | dealt |\n|---|---|")
    for fault, count in sorted(seen["dealt"].items()):
        print(f"| {fault} | {count} |")
    print(f"\nPrompts answered whole more than once: {sum(count > 1 for count in seen['whole'].values())}")


if __name__ == "__main__":
    main()
