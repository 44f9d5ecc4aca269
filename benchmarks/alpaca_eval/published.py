"""The figures of AlpacaEval's published leaderboard."""

import csv
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError

_COLUMNS = {"published_win_rate": "win_rate", "published_lc_win_rate": "length_controlled_winrate"}


def published_figures(file: Path) -> Mapping[str, Mapping[str, Mapping[str, Any]]]:
    """By model, ``published_win_rate`` and ``published_lc_win_rate`` of an official leaderboard.csv.

    Raises:
        UserError: The file cannot be read, or is not such a leaderboard.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            table = list(csv.DictReader(lines))
        by_model = {row[""] if "" in row else row["Unnamed: 0"]: _figures(row) for row in table}
        values = [float(figure["value"]) for figures in by_model.values() for figure in figures.values()]
        if not values or not all(map(isfinite, values)):
            raise ValueError("it has no figures, or some that are not numbers")
    except (OSError, UnicodeDecodeError, KeyError, ValueError, csv.Error) as error:
        raise UserError(f"{file} is not a leaderboard of AlpacaEval: {error!r}") from error
    return by_model


def _figures(row: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {
        name: {"value": float(row[column]) / 100, "low": None, "high": None, "n": int(row["n_total"])}
        for name, column in _COLUMNS.items()
        if row[column]
    }
