"""JSON files of the user's that are broken say where."""

from pathlib import Path

import pytest

from tpobench.harness.errors import UserError
from tpobench.harness.json_files import read_json, read_json_lines, read_json_list, read_json_rows


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


TEXT = '[{"text": "héllo 世界"},\r\n {"text": "two"}]\r\n'
LINES = '{"text": "héllo 世界"}\r\n{"text": "two"}\r\n'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize(("content", "places"), [(TEXT, ["entry 0", "entry 1"]), (LINES, ["line 1", "line 2"])])
def test_every_encoding_of_json_is_read(tmp_path: Path, encoding: str, content: str, places: list[str]) -> None:
    (tmp_path / "file.jsonl").write_bytes(content.encode(encoding))
    rows = dict(read_json_rows(tmp_path / "file.jsonl"))
    assert list(rows) == places
    assert [row["text"] for row in rows.values()] == ["héllo 世界", "two"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 100_000, "nests brackets too deeply"),
        (b'{"a": ' * 100_000, "nests brackets too deeply"),
        (b'{"a": %s}' % (b"9" * 5000), "holds a number of thousands of digits"),
        (b'{"a": "one", "a": "two"}', "has the key 'a' twice in one object, with two values"),
        (b"\x1f\x8b\x08\0", "is compressed .gzip.; unpack it"),
        (b"PK\x03\x04", "is compressed .zip."),
        (b"version https://git-lfs.github.com/spec/v1\n", "is a pointer of Git LFS"),
        (b"", "is not valid JSON"),
        (b"\0" * 40, "is not valid JSON"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "file.json").write_bytes(content)
    with pytest.raises(UserError, match=message) as caught:
        read_json(tmp_path / "file.json")
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_half_of_a_surrogate_pair_becomes_a_character_that_can_be_stored(tmp_path: Path) -> None:
    (tmp_path / "file.json").write_text('{"a": ["x\\ud800y", "\\uD83D\\ude00"], "a": ["x\\ud800y", "\\ud83d\\ude00"]}')
    assert read_json(tmp_path / "file.json") == {"a": ["x\ufffdy", "\U0001f600"]}


def test_odd_lines_are_told_and_the_others_are_read(tmp_path: Path) -> None:
    (tmp_path / "file.jsonl").write_bytes(b'\xef\xbb\xbf{"a": 1}\n{"a": "\xff"}\n\n{"a"\n[1]\n{"a": 2}')
    told: list[tuple[str, str]] = []
    rows = list(read_json_lines(tmp_path / "file.jsonl", lambda row, problem: told.append((row, problem))))
    assert rows == [(1, {"a": 1}), (6, {"a": 2})]
    assert [row for row, _ in told] == ["line 2", "line 4", "line 5"]
    assert told[0][1] == "is not UTF-8 at byte 7"
    assert told[2][1] == "is not a JSON object"
