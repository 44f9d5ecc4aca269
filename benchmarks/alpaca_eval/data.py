"""AlpacaEval 2: 805 instructions, the answers of gpt4_1106_preview as baseline, raw and length-controlled win rate.

The data (CC BY-NC 4.0) is read from a folder of the user's or fetched from the hub; none comes with the package.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tpobench.benchmarks.alpaca_eval.official import HUB_REPOSITORY, HUB_REVISION, GamedData, fetch_gamed, read_gamed
from tpobench.harness.errors import UserError
from tpobench.harness.evaluation.answer_files import AnsweredPrompt, answers_in
from tpobench.harness.records import Prompt, content_key

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
        """The instructions, in the order of the rows."""
        return tuple(row.prompt for row in self.rows)

    @property
    def official(self) -> bool:
        """Whether these are the official instructions in the official order with the official baseline."""
        return digest(self.prompts) == DIGEST and self.baseline == BASELINE


def digest(prompts: Sequence[Prompt]) -> str:
    """Identifies a list of instructions by their texts and their order."""
    return content_key("alpaca_eval", [prompt.text for prompt in prompts])


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
