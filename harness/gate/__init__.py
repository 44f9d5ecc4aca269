"""The gate: a policy and a candidate in, a decision out, with as few judge calls as the decision takes."""
