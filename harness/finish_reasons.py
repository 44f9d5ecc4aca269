"""Why an output ends, beside ``stop`` and ``length``: the reasons for which there is no answer."""

REFUSED, FILTERED, TOO_LONG = "refused", "filtered", "too_long"
REFUSAL_WORDS = {
    REFUSED: "refused by the model",
    FILTERED: "stopped by the provider's filter",
    TOO_LONG: "too long for the context",
}
REFUSALS = tuple(REFUSAL_WORDS)
"""Finish reasons of a prompt that gets no answer: the model refuses it, its provider's filter stops it, or it does not
fit into the context. That is the model's answer, an empty one, and it stays."""
