"""Reads files of judgments on Arena-Hard: who was judged, by whom, against whom, and the label of every game."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.json_files import LeaveOut, Noted, read_json_lines

Games = dict[str, tuple[tuple[str | None, str], ...]]
"""By question uid: label and raw text of each game."""


@dataclass(frozen=True)
class Matchup:
    """Whose judgments they are. An empty judge is the one that the benchmark's configuration names, an empty baseline
    the benchmark's own."""

    model: str
    judge: str = ""
    baseline: str = ""


@dataclass(frozen=True, kw_only=True)
class OfficialSides:
    """What a row means that names nobody, or the benchmark's own: its judge's model, and by question the baseline."""

    judge: str
    baselines: Mapping[str, str]

    def matchup(self, uid: str, model: str, judge: object, baseline: object) -> Matchup:
        """Whose judgment a row is. Names that are not texts count as none."""
        judge = judge if isinstance(judge, str) else ""
        baseline = baseline if isinstance(baseline, str) else ""
        same_judge = judge.replace("/", "_") == self.judge.replace("/", "_")
        same_baseline = baseline == self.baselines[uid]
        return Matchup(model, "" if same_judge else judge, "" if same_baseline else baseline)


def read_judgments(file: Path, sides: OfficialSides, leave_out: LeaveOut) -> dict[Matchup, Games]:
    """The games in a file, by whose they are.

    Args:
        file: A compact Parquet file, or JSON lines in the repository's form.
        sides: The benchmark's own judge and baselines.
        leave_out: Is told of rows that cannot be used, and of games without a label that could be.

    Raises:
        UserError: The file cannot be read, or holds no judgments.
    """
    by_matchup: dict[Matchup, Games] = {}
    leave_out = noted = Noted(leave_out)
    rows = _compact(file) if file.suffix == ".parquet" else _official(file, leave_out)
    for place, row in rows:
        uid, model, games = row.get("uid") or row.get("question_id"), row.get("model"), row.get("games")
        if not isinstance(uid, str) or uid not in sides.baselines:
            leave_out(place, f"judges the question {str(uid)[:50]!r}, which is not in the benchmark")
            continue
        if not isinstance(model, str) or not model:
            model = file.stem
        if not isinstance(games, list) or not games or len(games) > 2:
            leave_out(place, "has no two games")
            continue
        if len(games) == 1:
            leave_out(place, "lacks its second game, which counts as one without a verdict")
        labels = tuple(_game(game, place, leave_out) for game in [*games, None][:2])
        group = by_matchup.setdefault(sides.matchup(uid, model, row.get("judge"), row.get("baseline")), {})
        if uid in group:
            if group[uid] != labels:
                leave_out(place, f"judges the question {uid} a second time")
        else:
            group[uid] = labels
    if not by_matchup and not noted.is_odd:
        raise UserError(f"{file} holds no judgments")
    return by_matchup


def _official(file: Path, leave_out: LeaveOut) -> Iterator[tuple[str, dict[str, Any]]]:
    """Lines of ``model_judgment/JUDGE/MODEL.jsonl``. A row that does not name its judge is that of the folder's."""
    folder = file.parent.name if file.parent.parent.name == "model_judgment" else ""
    for number, row in read_json_lines(file, leave_out):
        yield f"line {number}", {"judge": folder} | row


def _compact(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    import pyarrow as arrow
    import pyarrow.parquet as parquet

    try:
        table = parquet.read_table(file)
    except (arrow.ArrowException, OSError) as error:
        raise UserError(f"{file} is not a Parquet file that can be read; it may be cut off") from error
    if missing := {"model", "uid", "score_game1", "score_game2"} - set(table.column_names):
        raise UserError(f"{file} has no column {min(missing)!r}")
    for number, row in enumerate(table.to_pylist()):
        yield f"row {number}", row | {"games": [{"score": row["score_game1"]}, {"score": row["score_game2"]}]}


def _game(game: object, place: str, leave_out: LeaveOut) -> tuple[str | None, str]:
    """Label and raw text of a game. One that is null, or has no label, is a game without a verdict."""
    if game is None:
        return None, ""
    if not isinstance(game, dict):
        leave_out(place, "has a game that is not an object; it counts as one without a verdict")
        return None, ""
    score = game.get("score")
    if score is not None and not isinstance(score, str):
        leave_out(place, f"has the score {str(score)[:20]} in place of a label such as A>B; it counts as no verdict")
        score = None
    judgment = game.get("judgment")
    if isinstance(judgment, dict):
        judgment = judgment.get("answer", "")
    return score, judgment if isinstance(judgment, str) else ""
