"""The files that an import looks at: all under a folder but what editors, systems and tools leave behind."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

_LEFTOVER = re.compile(
    r"\..*|__pycache__|__MACOSX|lost\+found|thumbs\.db|desktop\.ini|\$recycle\.bin"
    r"|(readme|licen[cs]e|notice|changelog)(\.\w+)?|.*\.(pyc|sw[a-p]|tmp|temp|part|crdownload|lock|bak|orig|log)|.*~|#.*#",
    re.IGNORECASE,
)


def is_leftover(name: str) -> bool:
    """Whether a file or folder of this name is what an editor, a system or a tool has left: it is ignored."""
    return _LEFTOVER.fullmatch(name) is not None


def files_under(path: Path) -> Iterator[Path]:
    """The files under a folder, in the order of their names, or the file itself. Links are followed, each folder is
    visited once. A link that leads nowhere is among them: reading it says so."""
    if not path.is_dir():
        yield path
        return
    yield from _files_under(path, {os.path.realpath(path)})


def _files_under(folder: Path, seen: set[str]) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError:  # what cannot be read is named when the folder itself is yielded as a file
        yield folder
        return
    for entry in entries:
        if is_leftover(entry.name):
            continue
        if entry.is_dir():
            real = os.path.realpath(entry)
            if real not in seen:
                seen.add(real)
                yield from _files_under(entry, seen)
        elif entry.is_file() or not entry.exists():  # a pipe or a socket would be waited for
            yield entry
