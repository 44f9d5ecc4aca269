"""AlpacaEval 2: 805 instructions, the answers of gpt4_1106_preview as baseline, raw and length-controlled win rate.

The data (CC BY-NC 4.0) is read from a folder of the user's or fetched from the hub; none comes with the package.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tpobench.benchmarks.alpaca_eval.length_control import refit_interval
from tpobench.benchmarks.alpaca_eval.official import (
    HUB_REPOSITORY,
    HUB_REVISION,
    GamedData,
    fetch_gamed,
    official_length_control,
    read_gamed,
)
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import AnsweredPrompt, answers_in
from tpobench.harness.evaluation.benchmark import Baseline, Benchmark, Score
from tpobench.harness.evaluation.preferences import PromptJudgments
from tpobench.harness.records import Metric, Prompt, content_key

NAME = "alpaca_eval"
ROWS = 805
BASELINE = "gpt4_1106_preview"
BASELINE_FILE = "alpaca_eval_gpt4_baseline.json"
DIGEST = "e6068c3d158c1cd4e4bedbbd67a1b4b0"
"""Content key of the official instructions in order, whatever file they were read from."""


@dataclass(frozen=True)
class AlpacaData:
    """The instructions with the baseline's answers, in the official order, and the length control's data if there is
    any."""

    rows: tuple[AnsweredPrompt, ...]
    baseline: str
    gamed: GamedData | None
    """None: no length-controlled figures."""

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        return tuple(row.prompt for row in self.rows)

    @property
    def official(self) -> bool:
        """Whether these are the official instructions in the official order with the official baseline."""
        return digest(self.prompts) == DIGEST and self.baseline == BASELINE


def digest(prompts: Sequence[Prompt]) -> str:
    return content_key("alpaca_eval", [prompt.text for prompt in prompts])


def alpaca_benchmark(data: Path | None) -> Benchmark:
    """The benchmark from a folder of official files, or from the hub. Raises UserError when neither has it."""
    loaded = load(data)
    return Benchmark(
        name=NAME,
        prompts=loaded.prompts,
        rows=ROWS,
        score=score(loaded.gamed),
        judge="alpaca_eval",
        baselines=(Baseline(loaded.baseline, [row.answer for row in loaded.rows]),),
        official=loaded.official,
        max_new_tokens=2048,
    )


def load(data: Path | None = None) -> AlpacaData:
    """From a folder (``instructions.parquet``, or the official baseline file; itself or its ``alpaca_eval`` subfolder),
    or from the hub at a pinned revision. Raises UserError when neither has it."""
    if data is None:
        return AlpacaData(tuple(answers_in(_fetch(BASELINE_FILE), NAME)), BASELINE, fetch_gamed())
    folder = data / NAME if (data / NAME).is_dir() else data
    if (folder / BASELINE_FILE).exists():
        rows = tuple(answers_in(folder / BASELINE_FILE, NAME))
    elif (folder / "instructions.parquet").exists():
        rows = tuple(_from_parquet(folder / "instructions.parquet"))
    else:
        raise UserError(
            f"{folder} holds neither {BASELINE_FILE} nor instructions.parquet; fetch the first from the data set "
            f"{HUB_REPOSITORY} of the hub, or leave --data out where there is a network"
        )
    try:
        gamed = read_gamed(folder)
    except UserError:
        gamed = None
    return AlpacaData(rows, BASELINE, gamed)


def score(gamed: GamedData | None) -> Score:
    """AlpacaEval's own figures (all in 0..1): the official ones under their names, the honest interval beside them."""

    def figures(observations: Sequence[PromptJudgments]) -> list[Metric]:
        preference = np.array([math.nan if o.value is None else o.value for o in observations])
        judged = preference[~np.isnan(preference)]
        if not judged.size:
            return []
        n = int(judged.size)
        spread = float(judged.std(ddof=1)) / math.sqrt(n) if n > 1 else None
        found = [
            Metric(name="official_standard_error", value=spread, n=n),
            Metric(name="discrete_win_rate", value=float(np.where(judged == 0.5, 0.5, judged > 0.5).mean()), n=n),
        ]
        if gamed is not None and len(observations) > 1:
            found += _length_controlled(observations, preference, gamed, n)
        return found

    return figures


def _length_controlled(
    observations: Sequence[PromptJudgments],
    preference: "np.ndarray[Any, np.dtype[np.float64]]",
    gamed: GamedData,
    n: int,
) -> list[Metric]:
    difference = np.array([o.baseline_chars - o.candidate_chars for o in observations], dtype=float)
    # Upstream looks the difficulty up by the position in the annotations file, so the order of the rows matters.
    positions = np.arange(len(observations))
    difficulty = gamed.difficulty_of(positions)
    itself = not difference.any() and bool((preference[~np.isnan(preference)] == 0.5).all())
    try:
        ours = refit_interval(preference, difference, difficulty, gamed.rows)
        official = official_length_control(preference, difference, positions, gamed, is_baseline=itself)
    except ValueError:  # nothing to fit, for example one length difference throughout
        return []
    # Reference data that is a stand-in gives figures under another name: they may be close, they are not published.
    name = "lc_win_rate_surrogate" if gamed.is_surrogate else "lc_win_rate"
    return [
        Metric(name=name, value=ours.win_rate / 100, n=n, category=None, low=ours.low / 100, high=ours.high / 100),
        Metric(name=f"official_{name}", value=official.length_controlled_winrate / 100, n=n),
        Metric(name=f"official_{name}_standard_error", value=official.lc_standard_error / 100, n=n),
    ]


def _from_parquet(path: Path) -> Iterator[AnsweredPrompt]:
    import pyarrow.parquet as parquet

    for row in parquet.read_table(path).to_pylist():
        yield AnsweredPrompt(
            Prompt(row["instruction"], row["dataset"] or "uncategorised", NAME), row["baseline_output"]
        )


def _fetch(name: str) -> Path:
    import huggingface_hub

    try:
        return Path(huggingface_hub.hf_hub_download(HUB_REPOSITORY, name, repo_type="dataset", revision=HUB_REVISION))
    except OSError as error:
        raise UserError(
            f"{name} cannot be fetched from the hub ({type(error).__name__}); fetch it from "
            f"{HUB_REPOSITORY} and give its "
            "folder with --data"
        ) from error
