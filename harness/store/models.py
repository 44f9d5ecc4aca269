"""The models of a store, and the one rule by which a user names them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from tpobench.harness.errors import StoreLacks, UserError, did_you_mean
from tpobench.harness.home import expanded
from tpobench.harness.models.modes import in_mode
from tpobench.harness.store.store import Store

LEAST_BEGINNING = 4
"""The first characters of a fingerprint that name a model, where no other fingerprint begins with them."""

SHORT = 8
"""How many characters of a fingerprint are shown."""


@dataclass(frozen=True, kw_only=True)
class NamedModel:
    """A model of the store that somebody named. `mode` is the one that was asked for; empty where any will do.

    The author of imported answers has a fingerprint for every file of them, as only the answers tell what it is: the
    newest is `fingerprint`, and `also` are the others.
    """

    fingerprint: str
    name: str
    folder: str
    mode: str = ""
    also: tuple[str, ...] = ()

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """All that the store has of it lies under these."""
        return self.fingerprint, *self.also

    @property
    def label(self) -> str:
        """What to call it: its name, with the mode where that is not the direct one."""
        return in_mode(self.name, self.mode)


def model_named(store: Store, text: str, mode: str = "", among: Collection[str] = ()) -> NamedModel:
    """The model that a user means.

    Args:
        store: The store that holds it.
        text: A name, an endpoint's name without its address, a folder, each also with ``@MODE``, or the beginning of a
            fingerprint (four characters or more).
        mode: The mode, where `text` does not say it.
        among: Where several models fit, only those with these fingerprints count, and a near miss is looked for among
            them.

    Returns:
        The model, with the mode that `text` or `mode` says.

    Raises:
        StoreLacks: The store holds no such model.
        UserError: Several models fit, or the model never answered in this mode.
    """
    models = _models(store)
    fitting = _fitting(models, text)
    if not fitting:
        fitting, mode = _fitting_in_mode(store, models, text, mode)
    if not fitting:
        known = sorted({model.name for model in models if not among or model.fingerprint in among})
        raise StoreLacks(store.path, f"{store.path} holds no model {text!r}; {did_you_mean(text, known)}")
    fitting = [model for model in fitting if model.fingerprint in among] or fitting
    newest, *others = fitting
    if others and not (
        all(model.is_imported for model in fitting) and {model.name for model in others} == {newest.name}
    ):
        raise UserError(_ambiguous(store, text, fitting))
    model = NamedModel(
        fingerprint=newest.fingerprint,
        name=newest.name,
        folder=newest.folder,
        mode=mode,
        also=tuple(other.fingerprint for other in others),
    )
    if mode:
        _require_answered(store, model)
    return model


def in_one_mode(store: Store, model: NamedModel) -> NamedModel:
    """The model in the mode that was asked for, or in the only one in which it was evaluated. One that was never
    evaluated itself, as a baseline alone, is left in any mode.

    Raises:
        UserError: It was evaluated in several modes and none was asked for.
    """
    return require_one_mode(model, evaluated_modes(store, model))


def require_one_mode(model: NamedModel, modes: Sequence[str]) -> NamedModel:
    """The model in the mode that was asked for, or in the only one of these, if any.

    Raises:
        UserError: There are several and none was asked for.
    """
    if model.mode:
        return model
    several = sorted(set(modes))
    if len(several) > 1:
        choices = ", ".join(f"{model.name}@{mode}" for mode in several)
        raise UserError(f"{model.name} answered in several modes; say which: {choices}")
    return replace(model, mode=several[0] if several else "")


def evaluated_modes(store: Store, model: NamedModel) -> list[str]:
    """The modes in which the model was evaluated as a candidate."""
    query = "SELECT DISTINCT candidate_mode AS mode FROM evaluation WHERE list_contains(?, candidate) ORDER BY mode"
    return [row["mode"] for row in store.rows(query, [list(model.fingerprints)])]


def model_with_fingerprint(store: Store, fingerprint: str) -> NamedModel | None:
    """The model with this whole fingerprint; None where the store does not hold it."""
    query = "SELECT model_key AS fingerprint, name, folder FROM model WHERE model_key = ?"
    rows = store.rows(query, [fingerprint])
    return NamedModel(**rows[0]) if rows else None


@dataclass(frozen=True, kw_only=True)
class StoredModel:
    """A model as the store knows it. `made_by` says where it comes from (``imported``, a training step, ...), `parent`
    is the fingerprint of the model that training started from."""

    fingerprint: str
    name: str
    folder: str
    made_by: str
    parent: str | None


def models_with_fingerprints(store: Store, fingerprints: Collection[str]) -> dict[str, StoredModel]:
    """The models with these whole fingerprints, as far as the store holds them, in the order of the fingerprints."""
    query = """
        SELECT model_key AS fingerprint, name, folder, made_by, parent FROM model
        WHERE model_key IN (SELECT unnest(?))
    """
    models = {row["fingerprint"]: StoredModel(**row) for row in store.rows(query, [list(fingerprints)])}
    return {fingerprint: models[fingerprint] for fingerprint in fingerprints if fingerprint in models}


def short_fingerprints(fingerprints: Collection[str]) -> dict[str, str]:
    """The beginning of each fingerprint that tells it from the others, eight characters or more."""
    length = SHORT
    while len({fingerprint[:length] for fingerprint in fingerprints}) < len(set(fingerprints)):
        length += 1
    return {fingerprint: fingerprint[:length] for fingerprint in fingerprints}


@dataclass(frozen=True)
class _Known:
    """A row of the store's models."""

    fingerprint: str
    name: str
    folder: str
    is_imported: bool


def _models(store: Store) -> list[_Known]:
    """The newest first."""
    query = (
        "SELECT model_key AS fingerprint, name, folder, made_by = 'imported' AS is_imported FROM model "
        "ORDER BY created_at DESC, model_key"
    )
    return [_Known(**row) for row in store.rows(query)]


def _fitting(models: Sequence[_Known], text: str) -> list[_Known]:
    """The models of this name; where there is none, the endpoints that serve this name (``NAME`` of
    ``NAME@http://...``), those of the folder with this path, and then those whose fingerprint begins like it."""
    return (
        [model for model in models if model.name == text]
        or [model for model in models if model.name.startswith((f"{text}@http://", f"{text}@https://"))]
        or [model for model in models if model.fingerprint == text]
        or [model for model in models if model.folder == str(expanded(text).resolve())]
        or [model for model in models if len(text) >= LEAST_BEGINNING and model.fingerprint.startswith(text)]
    )


def _fitting_in_mode(store: Store, models: Sequence[_Known], text: str, mode: str) -> tuple[list[_Known], str]:
    """The models that fit ``NAME@MODE``, and the mode. A name may itself hold an @ (``NAME@http://...``), so that only
    a mode of this store is taken off."""
    name, _, own = text.rpartition("@")
    if not name or own not in _modes(store):
        return [], mode
    if mode not in ("", own):
        raise UserError(f"{text} names the mode {own}, and another option the mode {mode}; give one of them")
    return _fitting(models, name), own


def _modes(store: Store, fingerprints: Sequence[str] | None = None) -> list[str]:
    """Every mode in which somebody, or a model with one of these fingerprints, has answered."""
    query = """
        SELECT mode FROM (
            SELECT candidate AS model, candidate_mode AS mode FROM evaluation
            UNION SELECT baseline, baseline_mode FROM evaluation
            UNION SELECT model, mode FROM output
        ) WHERE mode <> '' AND (? OR list_contains(?, model)) GROUP BY mode ORDER BY mode
    """
    return [row["mode"] for row in store.rows(query, [fingerprints is None, list(fingerprints or ())])]


def _require_answered(store: Store, model: NamedModel) -> None:
    modes = _modes(store, model.fingerprints)
    if model.mode not in modes:
        answered = f"it answered in: {', '.join(modes)}" if modes else "it has not answered yet"
        raise UserError(f"{store.path} has no answers of {model.name} in the mode {model.mode!r}; {answered}")


def _ambiguous(store: Store, text: str, fitting: Sequence[_Known]) -> str:
    short = short_fingerprints([model.fingerprint for model in fitting])
    named = " and ".join(f"{model.name} ({short[model.fingerprint]})" for model in fitting)
    if len({model.name for model in fitting}) == 1:
        return (
            f"{store.path} holds {len(fitting)} models called {fitting[0].name}: {' and '.join(short.values())}; "
            "name one of them by this beginning of its fingerprint"
        )
    return f"{text!r} names several models of {store.path}: {named}; give more of it"
