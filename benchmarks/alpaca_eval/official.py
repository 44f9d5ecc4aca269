"""The official length-controlled win rate, by the `alpaca_eval` package itself, and the reference data that it needs.

The data (`df_gamed.csv`, CC BY-NC 4.0) is fetched by the user and never redistributed.
"""

import csv
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tpobench.benchmarks.alpaca_eval.length_fit import Floats, GamedRows
from tpobench.harness.errors import UserError

HUB_REPOSITORY = "tatsu-lab/alpaca_eval"
HUB_FILE = "df_gamed.csv"
HUB_REVISION = "2edc6fad8be6b14ea7230aabfd08188da6b8b814"
SURROGATE_FILE = "df_gamed_surrogate.csv"
"""A stand-in with the same sufficient statistics: good for tests, never for a published number."""

_GET_IT = f"download {HUB_FILE} of huggingface.co/datasets/{HUB_REPOSITORY} at revision {HUB_REVISION}"
_COLUMNS = ("preference", "index", "std_delta_len", "instruction_difficulty")


@dataclass(frozen=True, eq=False)
class GamedData:
    """The regularisation rows and the difficulty of every instruction, shape (instructions,), by row position.

    With `is_surrogate` the figures are good for tests, never for publication.
    """

    rows: GamedRows
    difficulty: Floats
    file: Path
    is_surrogate: bool

    def difficulty_of(self, positions: npt.NDArray[np.int64]) -> Floats:
        """Difficulty of the prompts at these positions of the annotations file; UserError outside the instructions."""
        outside = (positions < 0) | (positions >= self.difficulty.size)
        if outside.any():
            raise UserError(
                f"prompt {int(positions[outside][0])} is not among the {self.difficulty.size} instructions of "
                f"{self.file}: keep the order of the official instruction file"
            )
        return self.difficulty[positions]


@dataclass(frozen=True, kw_only=True)
class OfficialFigures:
    """What `alpaca_eval` reports, in points; `lc_standard_error` leaves out that the coefficients were estimated."""

    win_rate: float
    standard_error: float
    discrete_win_rate: float
    n_total: int
    length_controlled_winrate: float
    lc_standard_error: float


def official_length_control(
    preference: npt.ArrayLike,
    length_difference: npt.ArrayLike,
    positions: npt.NDArray[np.int64],
    gamed: GamedData,
    is_baseline: bool = False,
    tolerance: float = 1e-4,
) -> OfficialFigures:
    """`alpaca_eval.metrics.get_length_controlled_winrate` on one model's prompts, in the order of its annotations.

    The baseline against itself is 50. The package's reader is replaced while this runs, so two threads must not run it
    at once.

    Args:
        preference: By prompt, for the model, in [0, 1] or NaN.
        length_difference: By prompt, baseline minus model length in characters.
        positions: By prompt, its position in the official annotations file.
        gamed: The gamed rows, with the difficulty of each position.
        is_baseline: Whether the model is the baseline itself.
        tolerance: Of liblinear. The official figure is that of its default, 1e-4; a smaller one lets it converge.

    Returns:
        The official package's figures.
    """
    gamed.difficulty_of(positions)
    with warnings.catch_warnings():  # scikit-learn's and setuptools' notices to the authors of alpaca_eval
        warnings.simplefilter("ignore")
        import pandas as pd
        import sklearn
        from alpaca_eval.metrics import glm_winrate

        difference = np.asarray(length_difference, dtype=np.int64)
        frame = pd.DataFrame(
            {
                "preference": np.asarray(preference, dtype=np.float64) + 1,
                "output_1": ["x" * length for length in np.maximum(difference, 0).tolist()],
                "output_2": ["x" * length for length in np.maximum(-difference, 0).tolist()],
                "generator_1": "baseline",
                "generator_2": "baseline" if is_baseline else "model",
            },
            index=positions,
        )
        name = "length_controlled_v1"
        settings = glm_winrate.GLM_INFO[name]
        with sklearn.config_context(), _reading(gamed.file):
            reported = glm_winrate.get_length_controlled_winrate(
                frame,
                glm_name=name,
                save_weights_dir=None,  # "auto" would write into site-packages
                is_add_glm_preference_inplace=False,
                is_warn_extreme_changes=False,
                glm_info={**settings, "kwargs": {**settings["kwargs"], "tol": tolerance}},
            )
    return OfficialFigures(
        win_rate=float(reported["win_rate"]),
        standard_error=float(reported["standard_error"]),
        discrete_win_rate=float(reported["discrete_win_rate"]),
        n_total=int(reported["n_total"]),
        length_controlled_winrate=float(reported["length_controlled_winrate"]),
        lc_standard_error=float(reported["lc_standard_error"]),
    )


def fetch_gamed() -> GamedData:
    """`df_gamed.csv` from the model hub, or from its cache; UserError when neither has it."""
    import huggingface_hub

    try:
        path = huggingface_hub.hf_hub_download(HUB_REPOSITORY, HUB_FILE, repo_type="dataset", revision=HUB_REVISION)
    except OSError as error:  # what huggingface_hub raises derives from it
        raise UserError(
            f"{HUB_FILE} cannot be fetched from the hub ({type(error).__name__}): {_GET_IT} and give its folder"
        ) from error
    return read_gamed_file(Path(path))


def read_gamed(folder: Path) -> GamedData:
    """The official `df_gamed.csv` of the folder, or its surrogate where that is absent; UserError without either."""
    for name in (HUB_FILE, SURROGATE_FILE):
        if (folder / name).is_file():
            return read_gamed_file(folder / name)
    raise UserError(f"{folder} holds no {HUB_FILE}: {_GET_IT} into it")


def read_gamed_file(file: Path) -> GamedData:
    """The rows of one such file; UserError where it is not what `alpaca_eval` would read."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = np.array([[float(row[name]) for name in _COLUMNS] for row in csv.DictReader(lines)])
    except OSError as error:
        raise UserError(f"{file} cannot be read ({error.strerror}): {_GET_IT} again") from error
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{file} is not the gamed table ({error!r}): {_GET_IT} again") from error
    instructions = int(np.unique(table[:, 1]).size) if table.size else 0
    # alpaca_eval looks a difficulty up by row position, which is the instruction only in this order
    if not instructions or not np.array_equal(table[:instructions, 1], np.arange(instructions)):
        raise UserError(f"{file} does not begin with one row for each instruction in order: {_GET_IT} again")
    try:
        rows = GamedRows(table[:, 0], table[:, 2], table[:, 3])
    except ValueError as error:
        raise UserError(f"{file} is not the gamed table ({error}): {_GET_IT} again") from error
    return GamedData(rows, table[:instructions, 3], file, is_surrogate=file.name == SURROGATE_FILE)


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """`alpaca_eval` reads this file where it would ask the hub for its newest one."""
    from alpaca_eval.metrics import glm_winrate

    original = glm_winrate.hf_hub_download

    def local(filename: str, **_: object) -> str:
        if filename != HUB_FILE:
            raise UserError(f"alpaca_eval asks for {filename}, not {HUB_FILE}: install alpaca-eval 0.6.6")
        return str(file)

    glm_winrate.hf_hub_download = local
    try:
        yield
    finally:
        glm_winrate.hf_hub_download = original
