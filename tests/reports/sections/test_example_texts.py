"""The texts of examples."""

from pathlib import Path

from tpobench.harness.store.store import Store
from tpobench.reports.sections.example_texts import Packer


def test_a_long_text_is_cut_and_says_so(store: Store, tmp_path: Path) -> None:
    packer = Packer()
    packer._text("x" * 30_000)
    assert packer.texts[0].endswith("\n… 10\u202f000 more characters are in the store")
