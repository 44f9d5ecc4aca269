"""tpobench: is this checkpoint better, where, by how much, and may it be promoted?

The names below are the public Python interface; everything else may change from version to version. They are imported
when they are first used, so that `import tpobench` takes no time:

    from pathlib import Path
    import tpobench

    with tpobench.Store("tpobench-runs/store.duckdb", read_only=True) as store:
        columns, rows = store.sql("SELECT * FROM current_evaluation")
    policy = tpobench.load_policy(Path("policy.yaml"))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tpobench.harness.errors import UserError
    from tpobench.harness.gate.policy import Policy, load_policy
    from tpobench.harness.store.store import Store

    __version__: str

__all__ = ["Policy", "Store", "UserError", "__version__", "load_policy"]

_MODULES = {
    "Policy": "tpobench.harness.gate.policy",
    "Store": "tpobench.harness.store.store",
    "UserError": "tpobench.harness.errors",
    "load_policy": "tpobench.harness.gate.policy",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("tpobench")
    if name in _MODULES:
        return getattr(import_module(_MODULES[name]), name)
    raise AttributeError(f"module 'tpobench' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
