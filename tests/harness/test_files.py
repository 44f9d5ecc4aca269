"""Writing files: complete or not at all, through links, and into what is no file."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.unprivileged import UNNAMED, folder_for_all, unprivileged
from tpobench.harness.files import NotWritten, protect, write_whole

ROOT = Path(__file__).parents[2]


def test_a_new_file_appears_in_a_new_folder(tmp_path: Path) -> None:
    write_whole(tmp_path / "a" / "b.txt", "世\n")
    assert (tmp_path / "a" / "b.txt").read_bytes() == "世\n".encode()
    assert [file.name for file in (tmp_path / "a").iterdir()] == ["b.txt"]
    write_whole(tmp_path / ("n" * 250), "x")


def test_a_link_stays_and_its_target_is_replaced_whole(tmp_path: Path) -> None:
    target = tmp_path / "deployed" / "champion.json"
    target.parent.mkdir()
    target.write_text("old")
    target.chmod(0o640)
    for name, leads_to in (("link.json", target), ("chain.json", tmp_path / "link.json")):
        (tmp_path / name).symlink_to(leads_to)
        with target.open() as reader:
            write_whole(tmp_path / name, name)
            assert reader.read() != name, "who reads it meanwhile reads the old one to its end"
        assert (tmp_path / name).is_symlink()
        assert target.read_text() == name
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [file.name for file in target.parent.iterdir()] == ["champion.json"]


def test_a_link_to_nothing_makes_its_target(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "new" / "file")
    write_whole(tmp_path / "link", "x")
    assert (tmp_path / "new" / "file").read_text() == "x"
    assert (tmp_path / "link").is_symlink()


def test_a_device_stays_a_device(tmp_path: Path) -> None:
    for path in (Path("/dev/null"), tmp_path / "link"):
        if path != Path("/dev/null"):
            path.symlink_to("/dev/null")
        write_whole(path, "x")
        assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    assert (tmp_path / "link").is_symlink()


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_text()))
    reader.start()
    write_whole(tmp_path / "pipe", "x" * 200_000)
    reader.join()
    assert read == ["x" * 200_000]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("path", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_stays_in_order(path: str, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tpobench.harness.files import write_whole\n"
        "print('before'); write_whole(Path(sys.argv[1]), 'text\\n'); print('after')"
    )
    command = [sys.executable, "-c", code, path]
    piped = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    with (tmp_path / "out").open("w") as out:
        subprocess.run(command, cwd=ROOT, stdout=out, check=True)
    assert piped == (tmp_path / "out").read_text() == "before\ntext\nafter\n"
    assert Path("/dev/stdout").is_symlink()


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("folder", "it is a folder"),
        ("file/below", "not a directory"),
        ("loop", "too many levels of symbolic links"),
        ("n" * 300, "file name too long"),
    ],
)
def test_where_nothing_can_be_written_a_sentence_says_why(path: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("kept")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(NotWritten, match=rf"{path} cannot be written \({why}\); name another file"):
        write_whole(tmp_path / path, "x")
    assert (tmp_path / "file").read_text() == "kept"


def test_a_folder_without_permission_is_a_sentence_and_a_file_of_ones_own_in_it_is_written() -> None:
    with folder_for_all() as folder:
        for name in ("mine", "theirs"):
            (folder / name).write_text("old and longer")
        if os.geteuid() == 0:
            os.chown(folder / "mine", UNNAMED, UNNAMED)
        else:
            folder.chmod(0o555)
            (folder / "theirs").chmod(0o444)
        none, theirs, mine = (
            unprivileged(lambda name=name: write_whole(folder / name, "new"))  # type: ignore[misc]
            for name in ("none", "theirs", "mine")
        )
        assert (folder / "mine").read_text() == "new"
        assert (folder / "theirs").read_text() == "old and longer"
    assert none == f"NotWritten: {folder / 'none'} cannot be written (permission denied); name another file"
    assert theirs == f"NotWritten: {folder / 'theirs'} cannot be written (permission denied); name another file"
    assert mine == "None"


def test_a_path_that_is_not_utf_8_is_written_as_json_escapes_it(tmp_path: Path) -> None:
    write_whole(tmp_path / "f.json", '"/data/\udcff"')
    assert (tmp_path / "f.json").read_text() == '"/data/\\udcff"'


def test_no_output_takes_the_place_of_a_file_that_is_read(tmp_path: Path) -> None:
    store = tmp_path / "s.duckdb"
    store.write_bytes(b"paid judgments")
    protect(store, "the results store")
    (tmp_path / "link").symlink_to(store)
    os.link(store, tmp_path / "hard")
    for name in ("s.duckdb", "link", "hard", "../" + tmp_path.name + "/s.duckdb"):
        with pytest.raises(NotWritten, match="it is the results store, which would be lost"):
            write_whole(tmp_path / name, "<html>", option="-o")
    assert store.read_bytes() == b"paid judgments"
    write_whole(tmp_path / "other.html", "<html>")
