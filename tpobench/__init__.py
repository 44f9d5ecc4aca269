"""tpobench: is this checkpoint better, where, by how much, and may it be promoted?

The names in ``__all__`` are the public Python interface; all others may change with any version. They are imported when
they are first used, so that ``import tpobench`` takes no time. For example::

    import tpobench

    with tpobench.Store("results.duckdb") as store:
        spec = tpobench.EvaluationSpec(benchmark=tpobench.benchmark_named("starter"), candidate="smollm2-135m")
        key = tpobench.run_evaluation(store, spec, connect=tpobench.Client, progress=tpobench.Progress(quiet=True))
        for metric in store.metrics(key):
            print(metric.name, metric.category, metric.value, metric.low, metric.high)
        columns, rows = store.sql("SELECT prompt_key, preference FROM prompt_preference")

A gate is `decide`, with a policy from `load_policy` and a `GateRequest` that names candidate and baseline. What goes
wrong on the user's side is a `UserError` whose text is one sentence.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tpobench.harness.api.client import Client
    from tpobench.harness.errors import UserError
    from tpobench.harness.evaluation.registry import benchmark_named
    from tpobench.harness.evaluation.run import run_evaluation
    from tpobench.harness.evaluation.spec import EvaluationSpec
    from tpobench.harness.gate.input import GateRequest
    from tpobench.harness.gate.policy import Policy
    from tpobench.harness.gate.policy_file import load_policy
    from tpobench.harness.gate.run import decide
    from tpobench.harness.models.thoughts import mode_named
    from tpobench.harness.progress import Progress
    from tpobench.harness.records import SamplingParams
    from tpobench.harness.store.store import Store

    __version__: str

__all__ = [
    "Client",
    "EvaluationSpec",
    "GateRequest",
    "Policy",
    "Progress",
    "SamplingParams",
    "Store",
    "UserError",
    "__version__",
    "benchmark_named",
    "decide",
    "load_policy",
    "mode_named",
    "run_evaluation",
]

_MODULES = {
    "Client": "api.client",
    "EvaluationSpec": "evaluation.spec",
    "GateRequest": "gate.input",
    "Policy": "gate.policy",
    "Progress": "progress",
    "SamplingParams": "records",
    "Store": "store.store",
    "UserError": "errors",
    "benchmark_named": "evaluation.registry",
    "decide": "gate.run",
    "load_policy": "gate.policy_file",
    "mode_named": "models.thoughts",
    "run_evaluation": "evaluation.run",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("tpobench")
    if name in _MODULES:
        return getattr(import_module(f"tpobench.harness.{_MODULES[name]}"), name)
    raise AttributeError(f"module 'tpobench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
