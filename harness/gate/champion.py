"""The champion: the promoted checkpoint. Deployments read one JSON file, the alias; the store keeps its history.

The alias is moved as a whole, under a lock, and only from the champion that the gate has seen: of two gates that race,
one moves it and the other one gets an error.
"""

import getpass
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from tpobench.harness.errors import UserError
from tpobench.harness.files import write_whole
from tpobench.harness.models.checkpoints import fingerprint
from tpobench.harness.records import ChampionMove
from tpobench.harness.store.gates import champion_moves
from tpobench.harness.store.models import model_with_fingerprint
from tpobench.harness.store.store import Store


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What is to become the champion: fingerprint, name, folder and mode of the model, and the keys of decision and
    policy that allow it."""

    model: str
    name: str
    folder: str
    mode: str
    decision: str
    policy_key: str
    why: str


@dataclass(frozen=True, kw_only=True)
class Champion(Promotion):
    """One state of the alias. `sequence` counts its moves from 1; `action` is ``promote`` or ``rollback``; `before` are
    the champions that it goes back to, the last one first to return."""

    sequence: int
    action: str
    who: str
    moved_at: str
    before: tuple[Promotion, ...] = ()


class ChampionMoved(UserError):
    """Somebody else moved the alias since the gate looked at it."""


def champion_file(store: Path) -> Path:
    """The file that names the champion of a store, unless another one is named."""
    return store.parent / "champion.json"


def current(file: Path) -> Champion | None:
    """The champion that the file names; None without a file. Raises UserError for a file that is not ours."""
    if not file.exists():
        return None
    if not file.is_file():  # reading a pipe or a device may never end
        raise UserError(f"{file} is not a file that can name a champion; name another one with --file")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        before = tuple(_promotion(part) for part in content["before"])
        champion = Champion(
            **asdict(_promotion(content)),
            sequence=content["sequence"],
            action=_text(content, "action"),
            who=_text(content, "who"),
            moved_at=_text(content, "moved_at"),
            before=before,
        )
        if not isinstance(champion.sequence, int):
            raise TypeError("sequence is not a number")
        return champion
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{file} is not a champion file of tpobench ({error}); restore it, or move it away to start again"
        ) from error


def _promotion(content: Any) -> Promotion:
    return Promotion(**{field.name: _text(content, field.name) for field in fields(Promotion)})


def _text(content: Any, name: str) -> str:
    if not isinstance(content[name], str):
        raise TypeError(f"{name} is not a text")
    return str(content[name])


def promotion_of(
    store: Store, *, model: str, folder: str | None, mode: str, decision: str, policy_key: str, why: str
) -> Promotion:
    """The promotion of a candidate that passed a gate, to be given to `promote`.

    Args:
        store: The store that knows the candidate.
        model: The candidate's fingerprint.
        folder: Where its weights are; None for where the store knows them to be.
        mode: The name of the mode in which it answered.
        decision: The key of the decision.
        policy_key: The key of the policy.
        why: Kept with the move.

    Raises:
        UserError: There are no weights to promote, or they are not those that were judged.
    """
    named = model_with_fingerprint(store, model)
    assert named is not None, f"the store does not hold the model {model} that it has just judged"
    where = folder or named.folder
    if where == "imported":
        raise UserError(
            f"{named.name} is a file of answers without weights, so it cannot be promoted; the decision is stored"
        )
    require_weights(where, model, named.name)
    return Promotion(
        model=model, name=named.name, folder=where, mode=mode, decision=decision, policy_key=policy_key, why=why
    )


def promote(store: Store, file: Path, seen: Champion | None, promotion: Promotion) -> Champion:
    """Make a checkpoint the champion, if the alias is still where the gate has seen it.

    The file is written before the row in the store; a row that a crash left out is added by the next promotion.
    Promoting the champion again changes nothing.

    Args:
        store: Where the move is kept.
        file: Names the champion.
        seen: The champion when the gate began.
        promotion: What is to become the champion.

    Returns:
        The champion that the file names now.

    Raises:
        ChampionMoved: Another gate was faster; nothing is changed.
    """
    with _locked(file):
        now = current(file)
        if now is not None:
            _remember(store, file, now)  # had the last move been killed before its row was stored
            if (now.model, now.mode, now.folder) == (promotion.model, promotion.mode, promotion.folder):
                return now
        if now != seen:
            move = "removed" if now is None else f"moved to {now.name} by {now.who} at {now.moved_at}"
            raise ChampionMoved(f"{file} was {move} while this gate ran; nothing was promoted, run the gate again")
        before = () if now is None else (*now.before, _promotion(asdict(now)))
        return _move(store, file, promotion, now=now, action="promote", before=before)


def rollback(store: Store, file: Path, why: str) -> Champion:
    """Return to the champion before the present one; again, to the one before that.

    Args:
        store: Where the move is kept.
        file: Names the champion, and those before it.
        why: Kept with the move.

    Returns:
        The champion that the file names now.

    Raises:
        UserError: There is none to return to, or its weights are gone.
    """
    with _locked(file):
        now = current(file)
        if now is None:
            raise UserError(f"there is no champion in {file}, so there is nothing to roll back")
        _remember(store, file, now)
        if not now.before:
            raise UserError(f"{now.name} is the first champion in {file}; there is no earlier one")
        *rest, last = now.before
        require_weights(last.folder, last.model, last.name)
        return _move(store, file, replace(last, why=why), now=now, action="rollback", before=tuple(rest))


def require_weights(folder: str, model: str, name: str) -> None:
    """Raises UserError unless the folder holds the weights with this fingerprint; an endpoint is taken at its word."""
    if "://" in folder:
        return
    if not Path(folder).is_dir():
        raise UserError(f"the weights of {name} are no longer at {folder}; restore them first")
    if fingerprint(Path(folder)) != model:
        raise UserError(f"the weights in {folder} have changed since {name} was judged; judge them first")


def history(store: Store, file: Path) -> list[Champion]:
    """Every move of the alias that this store knows, in order."""
    return [Champion(**move) for move in champion_moves(store, file)]


def _move(
    store: Store, file: Path, promotion: Promotion, *, now: Champion | None, action: str, before: tuple[Promotion, ...]
) -> Champion:
    champion = Champion(
        **asdict(promotion),
        sequence=1 if now is None else now.sequence + 1,
        action=action,
        who=_who(),
        moved_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        before=before,
    )
    write_whole(file, json.dumps(asdict(champion), indent=2, ensure_ascii=False) + "\n", option="--file")
    _remember(store, file, champion)
    return champion


def _remember(store: Store, file: Path, champion: Champion) -> None:
    """Store the row of this move, unless it is there."""
    state = {name: value for name, value in vars(champion).items() if name != "before"}
    store.add_champion(ChampionMove(**state, file=str(file.resolve())))


def _who() -> str:
    """The one who asked, as CI knows them; else the user of this machine."""
    named = os.environ.get("GITHUB_ACTOR") or os.environ.get("GITLAB_USER_LOGIN")
    try:
        return named or getpass.getuser()
    except (OSError, KeyError):
        return "unknown"


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Hold the lock of the file, which is beside the file itself, not beside a link to it."""
    real = file.resolve()
    lock = FileLock(real.with_name(real.name + ".lock"))
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except OSError as error:
        raise UserError(
            f"{file} cannot be moved ({error.strerror}: {error.filename}); make its folder writable, or name another "
            "file with --file"
        ) from error
    try:
        yield
    finally:
        lock.release()
