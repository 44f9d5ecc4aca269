"""The champion: the promoted checkpoint. Deployments read one JSON file, the alias; the store keeps its history.

The alias is moved as a whole, under a lock, and only from the champion that the gate has seen: of two gates that race,
one moves it and the other is told.
"""

import fcntl
import getpass
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.errors import UserError
from harness.files import write_whole
from harness.records import content_key
from harness.store import Store


@dataclass(frozen=True)
class Entry:
    """What is to become the champion: fingerprint, name, folder and mode of the model, and the keys of decision and
    policy that allow it."""

    model: str
    name: str
    folder: str
    mode: str
    decision: str
    policy_key: str
    why: str


@dataclass(frozen=True)
class Champion(Entry):
    """One state of the alias. `sequence` counts its moves from 1; `action` is ``promote`` or ``rollback``."""

    sequence: int
    action: str
    who: str
    moved_at: str


class ChampionMoved(UserError):
    """Somebody else moved the alias since the gate looked at it."""


def current(file: Path) -> Champion | None:
    """The champion that the file names; None without a file. Raises UserError for a file that is not ours."""
    if not file.exists():
        return None
    try:
        written = json.loads(file.read_text(encoding="utf-8"))
        return Champion(**{field.name: written[field.name] for field in fields(Champion)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{file} is no champion file of tpobench ({error}); restore it, or move it away to begin anew"
        ) from error


def promote(store: Store, file: Path, seen: Champion | None, entry: Entry) -> Champion:
    """Make the entry the champion, if the alias is still where the gate has seen it. The file is moved first, and its
    row is made up for if need be; promoting the champion again changes nothing.

    Raises ChampionMoved, and changes nothing, when another gate was faster.
    """
    with _locked(file):
        now = current(file)
        if now is not None:
            _remember(store, file, now)  # had the last move been killed before its row was stored
            if (now.model, now.mode) == (entry.model, entry.mode):
                return now
        if now != seen:
            what = "removed" if now is None else f"moved to {now.name} by {now.who} at {now.moved_at}"
            raise ChampionMoved(
                f"{file} was {what} while this gate was at work; nothing was promoted, run the gate again"
            )
        return _move(store, file, entry, now, "promote")


def rollback(store: Store, file: Path, why: str) -> Champion:
    """Back to the champion before the present one; again, to the one before that. Raises UserError when there is none,
    or its weights are gone."""
    with _locked(file):
        now = current(file)
        if now is None:
            raise UserError(f"there is no champion in {file}, so there is nothing to go back from")
        _remember(store, file, now)
        before = _before(history(store, file), now)
        if before is None:
            raise UserError(f"{now.name} is the first champion in {file}; there is none to go back to")
        if not Path(before.folder).exists() and "://" not in before.folder:
            raise UserError(f"the weights of {before.name} are no longer at {before.folder}; restore them first")
        entry = Entry(**{field.name: getattr(before, field.name) for field in fields(Entry)} | {"why": why})
        return _move(store, file, entry, now, "rollback")


def history(store: Store, file: Path) -> list[Champion]:
    """Every move of the alias that this store knows, in order."""
    names = [field.name for field in fields(Champion)]
    query = f"SELECT {', '.join(names)} FROM champion WHERE file = ? ORDER BY sequence"
    return [Champion(**dict(zip(names, row, strict=True))) for row in store.sql(query, [str(file.resolve())])[1]]


def _before(moves: list[Champion], now: Champion) -> Champion | None:
    """Whom the present champion has followed: promotions stack up, a rollback takes the topmost off."""
    stack: list[Champion] = []
    for move in moves:
        if move.sequence > now.sequence:
            break
        if move.action == "rollback":
            stack.pop()
        else:
            stack.append(move)
    return stack[-2] if len(stack) > 1 else None


def _move(store: Store, file: Path, entry: Entry, now: Champion | None, action: str) -> Champion:
    champion = Champion(
        **asdict(entry), sequence=1 if now is None else now.sequence + 1, action=action, who=_who(),
        moved_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )  # fmt: skip
    write_whole(file, json.dumps(asdict(champion), indent=2, ensure_ascii=False) + "\n")
    _remember(store, file, champion)
    return champion


def _remember(store: Store, file: Path, champion: Champion) -> None:
    """Store the row of this move, unless it is there."""
    about: dict[str, Any] = asdict(champion) | {"file": str(file.resolve())}
    store.add_champion(content_key("champion", about["file"], champion.sequence, champion.model), **about)


def _who() -> str:
    """The one who asked, as CI knows them; else the user of this machine."""
    named = os.environ.get("GITHUB_ACTOR") or os.environ.get("GITLAB_USER_LOGIN")
    try:
        return named or getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(file.name + ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
