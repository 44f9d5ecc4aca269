"""Paths in a report: whose home folder they lie in is nobody's business."""

import re
from collections.abc import Mapping
from typing import Any

from tpobench.harness.home import home_folder

_HOME = re.compile(r"(?:/home/[^/]+|/Users/[^/]+|/root)(?=/|$)")


def without_home(path: str) -> str:
    """A path, or an address, in which the home folder is ``~``: whose it is, is nobody's business."""
    own = str(home_folder() or "/")
    if own != "/" and (path == own or path.startswith(f"{own}/")):
        return f"~{path.removeprefix(own)}"
    return _HOME.sub("~", path, count=1) if _HOME.match(path) else path


def settings_without_home(value: Any) -> Any:
    """Settings as data in which no path names a home folder."""
    if isinstance(value, Mapping):
        return {key: settings_without_home(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [settings_without_home(one) for one in value]
    return without_home(value) if isinstance(value, str) else value
