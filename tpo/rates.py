"""What kinds of work a run consists of, for the rates that are remembered of this machine."""

from tpobench.harness.samplers.rates import SAMPLING
from tpobench.tpo.config import RunConfig


def sampling_kind(config: RunConfig) -> str:
    """The kind of work that sampling is in this configuration."""
    return SAMPLING if config.serving is None else "sample, served"


def training_kind(config: RunConfig) -> str:
    """The kind of work that training is in this configuration."""
    return "train" if config.training.launch is None else "train, launched"
