"""Figures in words: every share as a percentage, lengths in characters, scores on their own scale."""

_SCORES = ("mean_score", "mean_raw_score")

WORDS = {
    "win_rate": "win rate",
    "mean_score": "mean score",
    "mean_raw_score": "mean score",
    "missing": "prompts without a verdict",
    "parse_error_rate": "first tries without a response",
    "truncated": "cut off at the token limit",
    "refused": "prompts without an answer",
    "response_chars": "response length",
    "baseline_response_chars": "the baseline's response length",
    "thought_chars": "thought length",
}
"""What every evaluation measures, for people."""


def is_share(name: str, *values: float | None) -> bool:
    """Whether a figure of this name with these values is a share of something, which people read as a percentage."""
    is_other = name in _SCORES or name.endswith("_chars")
    return not is_other and all(value is None or 0 <= value <= 1 for value in values)


def percent_text(value: float) -> str:
    """A share as a percentage with as many digits as it needs: ``10%``, ``62.5%``, ``8.33%``.

    >>> percent_text(0.1), percent_text(1 / 12)
    ('10%', '8.33%')
    """
    return f"{100 * value:.3g}%" if abs(value) < 0.9995 else f"{100 * value:.4g}%"


def figure_text(name: str, value: float | None) -> str:
    """A figure as people read it.

    >>> figure_text("win_rate", 0.4917), figure_text("response_chars", 113.4), figure_text("mean_score", 0.5)
    ('49.2%', '113 characters', '0.500')
    """
    if value is None:
        return "-"
    if name.endswith("_chars"):
        return f"{value:,.0f} characters"
    return f"{100 * value:.1f}%" if is_share(name, value) else f"{value:.3f}"
