"""Policy files: read, validated, and refused where something in them has no effect."""

import sys
from pathlib import Path

from tpobench.harness.config import read_yaml, validate
from tpobench.harness.errors import UserError
from tpobench.harness.gate.policy import FORMER_NAME, Policy
from tpobench.harness.gate.without_effect import require_effective


def load_policy(path: Path) -> Policy:
    """Read a policy file. `contest`, the former name of the key `evaluate`, is still read, and stderr says so.

    Args:
        path: The YAML file.

    Returns:
        The validated policy.

    Raises:
        UserError: An unknown or empty key, a value out of range, alphas above the budget, or a key without effect.
    """
    content = read_yaml(path)
    if isinstance(content, dict) and FORMER_NAME in content:
        if "evaluate" in content:
            raise UserError(f"{path} has both 'evaluate' and its former name {FORMER_NAME!r}; remove {FORMER_NAME!r}")
        print(f"{path}: {FORMER_NAME!r} is now called 'evaluate'; it is still read", file=sys.stderr)
        content = {"evaluate" if name == FORMER_NAME else name: value for name, value in content.items()}
    policy = validate(content, Policy, str(path))
    if "seed" in policy.model_fields_set:
        print(
            f"{path}: 'seed' has no effect: prompts are consumed in an order of their own; leave it out",
            file=sys.stderr,
        )
    for name, rules in policy.parts.items():
        require_effective(rules, f"{path}, benchmarks.{name}" if name else str(path))
    return policy
