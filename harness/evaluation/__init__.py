"""One model through one benchmark: outputs, judgments, figures; plans and comparisons."""
