"""The hub switched off for a while, for data that are on the disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

OFFLINE = "HF_HUB_OFFLINE"

_COPIES = (
    ("huggingface_hub.constants", "HF_HUB_OFFLINE"),
    ("datasets.config", "HF_HUB_OFFLINE"),
    ("datasets.config", "HF_DATASETS_OFFLINE"),
)
"""What the libraries make of the variable when they are imported, and go by from then on."""


@contextmanager
def hub_off() -> Iterator[None]:
    """Inside, nothing reaches for the hub; afterwards, raised or not, it can be reached as before.

    A user who set ``HF_HUB_OFFLINE``, to whatever value, has decided: then nothing is changed.
    """
    if OFFLINE in os.environ:
        yield
        return
    # Imported first: inside they would read the variable as it is there, and keep it.
    copies = [(import_module(module), name) for module, name in _COPIES]
    before = [getattr(module, name) for module, name in copies]
    os.environ[OFFLINE] = "1"
    for module, name in copies:
        setattr(module, name, True)
    try:
        yield
    finally:
        os.environ.pop(OFFLINE, None)
        for (module, name), value in zip(copies, before, strict=True):
            setattr(module, name, value)
