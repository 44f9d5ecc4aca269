"""What there is of each version of Arena-Hard."""

VERSIONS = {"v0.1": "v01", "v2.0": "v2"}
"""What the names of files begin with where they all lie in one folder."""

ROWS = {"v0.1": 500, "v2.0": 750}
"""Questions."""

BASELINES = {
    "v0.1": {"": "gpt-4-0314"},
    "v2.0": {"hard_prompt": "o3-mini-2025-01-31", "creative_writing": "gemini-2.0-flash-001"},
}
"""The baseline that answers the questions of each category ("" = all)."""
