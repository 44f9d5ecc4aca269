"""A store with a million judgments: what is missing, and the whole leaderboard by category.

Prints a Markdown table. Takes about two minutes and 400 MB of disk.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import random

from tpobench.harness.evaluation.benchmark import Benchmark
from tpobench.harness.evaluation.leaderboard import leaderboard, recategorised
from tpobench.harness.evaluation.record import EvaluationRecord, JudgedPair, store_evaluation
from tpobench.harness.records import Assignment, Judgment, Model, Prompt, content_key
from tpobench.harness.store.store import Store

MODELS, PROMPTS = 250, 4000


def main() -> None:
    coin = random.Random(0)
    prompts = [Prompt(f"prompt {n}", f"category {n % 20}") for n in range(PROMPTS)]
    benchmark = Benchmark(name="large", prompts=prompts)
    baseline = Model("baseline", "imported", "b" * 32)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "s.duckdb"
        started = time.perf_counter()
        with Store(path) as store:
            store.add_prompts(prompts)
            store.add_assignments(
                Assignment(
                    key=content_key("a", p.text),
                    assigner="a",
                    kind="category",
                    text_key=p.text_key,
                    value=p.category,
                    raw="",
                )
                for p in prompts
            )
            for number in range(MODELS):
                model = Model(f"model {number}", "imported", content_key("m", number))
                store.add_model(model, "imported")
                entries, judgments = [], []
                for prompt in prompts:
                    key = content_key("j", number, prompt.text)
                    judgments.append(
                        Judgment(
                            key=key,
                            judge="judge",
                            prompt_key=prompt.key,
                            response_a=key,
                            response_b=key,
                            chars_a=900,
                            chars_b=1000,
                            order="AB",
                            verdict="m",
                            preference=coin.random(),
                            raw="m",
                        )
                    )
                    entries.append(JudgedPair(prompt, key, key, key))
                store.add_judgments(judgments)
                store_evaluation(
                    store,
                    EvaluationRecord(benchmark=benchmark, judge="judge", candidate=model, baseline=baseline),
                    entries,
                )
        rows.append(("writing 1,000,000 judgments and 250 evaluations", f"{time.perf_counter() - started:.0f} s"))
        with Store(path) as store:
            keys = [content_key("j", number, prompt.text) for number in range(MODELS) for prompt in prompts]
            keys[::1000] = [f"{n:032x}" for n in range(len(keys[::1000]))]
            started = time.perf_counter()
            missing = store.missing("judgment", keys)
            rows.append(
                (f"what is missing of 1,000,000 ({len(missing)} are)", f"{time.perf_counter() - started:.2f} s")
            )
            started = time.perf_counter()
            board = leaderboard(store, "large")
            assert len(board) == MODELS
            assert len(board[0].categories) == 20
            rows.append(("the leaderboard by category, all models", f"{time.perf_counter() - started:.2f} s"))
            started = time.perf_counter()
            assert len(recategorised(store, board, "category")[0].categories) == 20
            rows.append(
                ("the same by assigned categories, from the judgments", f"{time.perf_counter() - started:.2f} s")
            )
        rows.append(("the file", f"{path.stat().st_size / 2**20:.0f} MB"))
        rows.append(("peak memory", f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB"))
    print("| a store of 1,000,000 judgments | measured |\n|---|---|")
    for name, figure in rows:
        print(f"| {name} | {figure} |")


if __name__ == "__main__":
    main()
