"""Which files of a folder an import looks at."""

import os
from pathlib import Path

import pytest

from tpobench.harness.evaluation.found_files import files_under, is_leftover

LEFT = (
    ".DS_Store ._annotations.json .gitkeep .ipynb_checkpoints __pycache__ __MACOSX Thumbs.db desktop.ini README "
    "README.md LICENSE.txt m.jsonl.swp m.jsonl~ #m.jsonl# m.json.tmp m.pyc .m.jsonl.part"
)
KEPT = "m.jsonl annotations.json model_outputs.json readme-model licence-plates-7b notice.me.7b samples_a.jsonl"


@pytest.mark.parametrize("name", LEFT.split())
def test_what_editors_and_systems_leave_is_ignored(name: str) -> None:
    assert is_leftover(name)


@pytest.mark.parametrize("name", KEPT.split())
def test_models_are_not_ignored(name: str) -> None:
    assert not is_leftover(name)


def test_links_are_followed_and_no_folder_is_visited_twice(tmp_path: Path) -> None:
    (tmp_path / "elsewhere" / "m").mkdir(parents=True)
    (tmp_path / "elsewhere" / "m" / "a.json").write_text("")
    root = tmp_path / ".hidden" / "results"
    root.mkdir(parents=True)
    (root / "m").symlink_to(tmp_path / "elsewhere" / "m")
    (root / "loop").symlink_to(root)
    (root / "lost.json").symlink_to(root / "nowhere")
    (root / "b.json").mkdir()
    os.mkfifo(root / "pipe.json")
    assert list(files_under(root)) == [root / "lost.json", root / "m" / "a.json"]
    assert list(files_under(root / "m" / "a.json")) == [root / "m" / "a.json"]
