"""What a reader of a decision must know of its judge: that it also trained the candidate, or that servers answered for
it with several models."""

from tpobench.harness.gate.input import GateInput
from tpobench.harness.store.calls import served_models
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
    runs = dict.fromkeys(one.run for one in judges if one.judge == gate_input.judge)
    if not runs:
        return []
    named = " and ".join(f"the run {run}" for run in runs)
    return [
        f"the judge {gate_input.judge} also made the preferences that {named} trained {gate_input.candidate} on: it "
        "may like what it taught, so let another judge decide"
    ]


def _served_as(store: Store, judge: str) -> list[str]:
    models = served_models(store, judge)
    if len(models) < 2:
        return []
    since = ", then ".join(f"{model.name} (first on {model.since:%Y-%m-%d})" for model in models)
    return [
        f"the servers that answered for the judge {judge} called their model {since}: judgments of different models "
        "count as one judge's here"
    ]
