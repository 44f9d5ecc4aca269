"""JSON files of the user's that are broken say where."""

from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.json_files import read_json_lines, read_json_list


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'[{"instruction": "a", "out', "is not valid JSON, it may be cut off"),
        (b"\xff[]", "is not UTF-8 at byte 0"),
        (b'{"a": 1}', "is not a list of JSON objects"),
        (b"[1]", "is not a list of JSON objects"),
    ],
)
def test_a_list_that_is_broken(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "file.json").write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(read_json_list(tmp_path / "file.json"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": "\xff"}', "is not UTF-8 at byte 7"),
        (b'{}\n\n{"a', "jsonl:3 is not valid JSON"),
        (b"{}\n[1]", "jsonl:2 is not a JSON object"),
    ],
)
def test_lines_that_are_broken(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "file.jsonl").write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(read_json_lines(tmp_path / "file.jsonl"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        list(read_json_lines(tmp_path / "absent.jsonl"))


def test_other_line_separators_stay_in_the_text(tmp_path: Path) -> None:
    (tmp_path / "file.jsonl").write_text('{"text": "one\u2028two"}\n', encoding="utf-8")
    assert list(read_json_lines(tmp_path / "file.jsonl")) == [(1, {"text": "one\u2028two"})]
