"""What a reader of a decision must know of its judge: that it also trained the candidate, or that servers answered for
it with several models."""

from tpobench.harness.gate.input import GateInput
from tpobench.harness.store.calls import models_asked, served_models
from tpobench.harness.store.store import Store
from tpobench.harness.store.training import training_judges


def judge_warnings(store: Store, gate_input: GateInput) -> tuple[str, ...]:
    """The warnings, as far as the store knows; to be asked for once the judge has judged."""
    if not gate_input.judge:
        return ()
    return (*_trained_by(store, gate_input), *_served_as(store, gate_input.judge))


def _trained_by(store: Store, gate_input: GateInput) -> list[str]:
    """A judge that training optimised for is no independent one: what it likes may be what it was taught to like."""
    judges = training_judges(store, gate_input.candidate_fingerprint)
    asked = models_asked(store, gate_input.judge) if judges else set()
    warnings = []
    for run in dict.fromkeys(one.run for one in judges):
        of_run = [one.judge for one in judges if one.run == run]
        shared = sorted(asked & {model for judge in of_run for model in models_asked(store, judge)})
        if gate_input.judge in of_run:
            who = f"the judge {gate_input.judge}"
        elif shared:
            who = f"the judge's model {shared[0]}"
        else:
            continue
        warnings.append(
            f"{who} also made the preferences that the run {run} trained {gate_input.candidate} on: it may prefer "
            "what it has taught; use another judge"
        )
    return warnings


def _served_as(store: Store, judge: str) -> list[str]:
    models = served_models(store, judge)
    if len(models) < 2:
        return []
    since = ", then ".join(f"{model.name} (first on {model.since:%Y-%m-%d})" for model in models)
    return [
        f"the servers that answered for the judge {judge} called their model {since}: judgments of different models "
        "count as one judge's here"
    ]
