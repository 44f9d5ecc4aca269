"""Which evaluations of a store a gate is about, by the names of its models: exactly one setting, or an error."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tpobench.harness.errors import UserError
from tpobench.harness.gate.policy import Rules
from tpobench.harness.gate.preconditions import prompts_digest
from tpobench.harness.store.evaluations import StoredEvaluation, largest_evaluations, sampling_of_candidates
from tpobench.harness.store.judgments import candidate_responses, prompt_preferences
from tpobench.harness.store.models import NamedModel, model_named, require_one_mode
from tpobench.harness.store.prompts import prompts_with_keys
from tpobench.harness.store.runs import CHECKPOINT, checkpoint_named
from tpobench.harness.store.store import Store


def evaluation_of_pair(store: Store, policy: Rules, candidate: str, against: str) -> StoredEvaluation:
    """The evaluation of one model against another: the one on most prompts, of those the newest.

    Args:
        store: Has the evaluations.
        policy: Pins the judge, or the prompts.
        candidate: A model, as users name it.
        against: Another one.

    Raises:
        StoreLacks: The store holds no such model.
        UserError: They were never compared, or under settings that differ and nothing says which count.
    """
    pair = _pair(store, candidate, against)
    if not pair.evaluations:
        raise UserError(_never(store, pair, ""))
    pinned = [entry for entry in pair.evaluations if policy.pins.judge in (None, entry.judge)] or pair.evaluations
    _require_one_setting(pinned, pair)
    fitting = _on_pinned_prompts(store, policy, pinned)
    _require_one_set_of_answers(store, fitting, pair)
    return fitting[0]


def evaluation_against(store: Store, policy: Rules, like: StoredEvaluation, anchor: str) -> StoredEvaluation:
    """The evaluation of the same answers to the same prompts against another model, by the same judge.

    Args:
        store: Has the evaluations.
        policy: The rules.
        like: The candidate's evaluation against the baseline.
        anchor: A model, as users name it.

    Raises:
        StoreLacks: The store holds no such model.
        UserError: There is no such evaluation, or several models and modes fit.
    """
    pair = _pair(store, like.candidate, anchor)
    settings = [entry for entry in pair.evaluations if _setting(entry) == _setting(like)]
    answers = candidate_responses(store, [like.evaluation, *(entry.evaluation for entry in settings)])
    fitting = [entry for entry in settings if answers[entry.evaluation] == answers[like.evaluation]]
    if not fitting:
        where = f" on {like.benchmark} by {like.judge}"
        other = " with the same answers to the same prompts" if settings else ""
        raise UserError(_never(store, pair, f"{where}{other}"))
    _require_one_setting(fitting, pair)
    return fitting[0]


def stored_side(store: Store, name: str, run: str, evaluations: Sequence[StoredEvaluation]) -> NamedModel:
    """A model in one mode, among those that answered in these evaluations.

    Raises:
        StoreLacks: The store holds no such model.
        UserError: It answered in several modes, or several of one name did, and nothing says which counts.
    """
    if CHECKPOINT.fullmatch(name):
        return checkpoint_named(store, run, name)
    model = model_named(store, name, among={entry.candidate for entry in evaluations})
    own = [entry for entry in evaluations if entry.candidate in model.fingerprints]
    known = sorted({entry.candidate for entry in own})
    if len(known) > 1:
        raise UserError(f"{model.name} was evaluated with more than one set of answers: {', '.join(known)}; name one")
    model = require_one_mode(model, [entry.candidate_mode for entry in own])
    return replace(model, fingerprint=known[0] if known else model.fingerprint, also=(), mode=model.mode or "direct")


@dataclass(frozen=True)
class _Pair:
    """Two models as they were named, and the evaluations of one against the other, the largest and newest first."""

    candidate: NamedModel
    against: NamedModel
    evaluations: Sequence[StoredEvaluation]


def _pair(store: Store, candidate: str, against: str) -> _Pair:
    evaluations = largest_evaluations(store)
    theirs = model_named(store, against, among={e.baseline for e in evaluations})
    against_it = {e.candidate for e in evaluations if e.baseline in theirs.fingerprints}
    ours = model_named(store, candidate, among=against_it or {e.candidate for e in evaluations})
    fitting = [
        evaluation
        for evaluation in evaluations
        if evaluation.candidate in ours.fingerprints
        and evaluation.baseline in theirs.fingerprints
        and ours.mode in ("", evaluation.candidate_mode)
        and theirs.mode in ("", evaluation.baseline_mode)
    ]
    return _Pair(ours, theirs, fitting)


def _never(store: Store, pair: _Pair, where: str) -> str:
    return (
        f"{pair.candidate.label} was never judged against {pair.against.label}{where} in {store.path}; tpobench "
        "compare shows their paired difference, and a policy with 'evaluate' lets the gate judge them"
    )


def _setting(evaluation: StoredEvaluation) -> tuple[str, str, str, str]:
    return evaluation.benchmark, evaluation.judge, evaluation.candidate_mode, _orders(evaluation)


def _orders(evaluation: StoredEvaluation) -> str:
    return str(evaluation.about.get("orders"))


def _require_one_setting(evaluations: Sequence[StoredEvaluation], pair: _Pair) -> None:
    """Raises UserError where the evaluations differ in judge, benchmark, mode, or in what answered to one name."""
    candidate, against = pair.candidate.label, pair.against.label
    advice = {
        "judge": "pin one under pins.judge of the policy",
        "benchmark": "say which under 'evaluate'",
        "candidate_mode": f"say which, as {candidate}@MODE or under 'evaluate'",
        "baseline_mode": f"say which, as {against}@MODE or under 'evaluate'",
        "candidate": "name one of these fingerprints",
        "baseline": "name one of these fingerprints",
    }
    for detail, how in advice.items():
        several = sorted({getattr(evaluation, detail) for evaluation in evaluations})
        if len(several) > 1:
            shown = ", ".join(several)
            raise UserError(f"{candidate} was compared with {against} with more than one {detail}: {shown}; {how}")


def _on_pinned_prompts(
    store: Store, policy: Rules, evaluations: Sequence[StoredEvaluation]
) -> Sequence[StoredEvaluation]:
    """Those on the prompts that the policy pins, if any are; else those on all prompts, where the others are on a part
    of them.

    Raises UserError where they are on several sets of prompts under one name, and nothing says which counts.
    """
    prompts = _prompts(store, [entry.evaluation for entry in evaluations])
    if policy.pins.prompts is not None:
        pinned = [
            entry
            for entry in evaluations
            if prompts_digest(prompts_with_keys(store, list(prompts[entry.evaluation]))) == policy.pins.prompts
        ]
        return pinned or evaluations
    largest = prompts[evaluations[0].evaluation]
    if any(not prompts[entry.evaluation] <= largest for entry in evaluations):
        raise UserError(
            f"{evaluations[0].candidate_name} was compared with {evaluations[0].against} on several sets of prompts "
            f"called {evaluations[0].benchmark}; pin one under pins.prompts, or say which under 'evaluate'"
        )
    return [entry for entry in evaluations if prompts[entry.evaluation] == largest]


def _prompts(store: Store, evaluations: Collection[str]) -> dict[str, set[str]]:
    prompts: dict[str, set[str]] = {key: set() for key in evaluations}
    for judged in prompt_preferences(store, evaluations):
        prompts[judged.evaluation].add(judged.prompt)
    return prompts


def _require_one_set_of_answers(store: Store, evaluations: Sequence[StoredEvaluation], pair: _Pair) -> None:
    """Raises UserError where the models answered these prompts under settings that differ: other tokens, another
    temperature, another number of orders. Another seed is another draw of the same, and the newest counts."""
    sampling = sampling_of_candidates(store, [entry.evaluation for entry in evaluations])
    settings = {
        entry.evaluation: {"orders": _orders(entry), **_without_seed(sampling.get(entry.evaluation, {}))}
        for entry in evaluations
    }
    first = settings[evaluations[0].evaluation]
    for other in settings.values():
        differing = [name for name in sorted(first.keys() & other.keys()) if first[name] != other[name]]
        if differing:
            shown = "; ".join(f"{name} {first[name]} and {other[name]}" for name in differing)
            raise UserError(
                f"{pair.candidate.label} was compared with {pair.against.label} under settings that differ ({shown}); "
                "say which under 'evaluate' of the policy"
            )


def _without_seed(sampling: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in sampling.items() if name != "seed"}
