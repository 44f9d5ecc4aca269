"""nltk's punkt_tab, with which ifeval counts sentences."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from tpobench.harness.errors import UserError

PUNKT_INSTALL = "pip install --no-deps llama-index-core"
"""A package that carries nltk's punkt_tab, for machines that reach a package index but not nltk's server."""


def require_punkt(offline: bool) -> None:
    """ifeval counts sentences, and words in capitals, with nltk's punkt_tab: another splitter would be another score.

    It is taken from nltk's own folders, from an installed package that carries it, or, online, downloaded.
    """
    if find_spec("nltk") is None:
        raise UserError("ifeval needs nltk: pip install nltk")
    nltk = import_module("nltk")

    def is_there() -> bool:
        try:
            nltk.data.find("tokenizers/punkt_tab/english/")
        except LookupError:
            return False
        return True

    if is_there():
        return
    nltk.data.path += [str(Path(path) / "core" / "_static" / "nltk_cache") for path in _search_locations("llama_index")]
    if is_there() or (not offline and nltk.download("punkt_tab", quiet=True) and is_there()):
        return
    raise UserError(
        "ifeval needs nltk's punkt_tab to count sentences; run: python -m nltk.downloader punkt_tab, or, where only a "
        f"package index can be reached: {PUNKT_INSTALL}"
    )


def _search_locations(package: str) -> Sequence[str]:
    """Where an installed package lies; it is not imported."""
    spec = find_spec(package)
    return [] if spec is None else spec.submodule_search_locations or []
