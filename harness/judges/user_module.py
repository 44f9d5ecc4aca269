"""A module of the user's: from the current folder, whatever it is called there, or an installed one."""

import ast
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType


@contextmanager
def importable(folder: Path) -> Iterator[None]:
    """Within it, modules of the folder are found first, as Python does for a script; afterwards not at all."""
    path = str(folder)
    sys.path.insert(0, path)
    try:
        yield
    finally:
        sys.path.remove(path)


def user_module(folder: Path, name: str) -> ModuleType:
    """The module of this name: from its file in the folder where there is one, else from wherever Python finds it.

    Raises whatever the import raises.
    """
    with importable(folder):
        for file in (folder / name / "__init__.py", folder / f"{name}.py"):
            if file.is_file():
                return _loaded(name, file)
        return importlib.import_module(name)


def sources_of(folder: Path, file: Path) -> list[Path]:
    """The file, and every file of the folder that it imports, directly or not, by their names in the source."""
    found: list[Path] = []
    waiting = [file]
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.append(source)
            for name in _imported(source):
                here = folder.joinpath(*name.split("."))
                waiting += [near for near in (here.with_suffix(".py"), here / "__init__.py") if near.is_file()]
    return [file, *sorted(set(found) - {file})]


def _imported(source: Path) -> set[str]:
    """The names of modules in the import statements of a file; none where it is not Python."""
    try:
        tree = ast.parse(source.read_bytes())
    except (SyntaxError, ValueError):
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            names |= {base, *(f"{base}.{alias.name}".strip(".") for alias in node.names)}
    return {".".join(name.split(".")[:depth]) for name in names if name for depth in range(1, name.count(".") + 2)}


def _loaded(name: str, file: Path) -> ModuleType:
    """The file's module, under a name that no other module has; the same one as long as the file does not change."""
    digest = hashlib.sha256(str(file).encode() + file.read_bytes()).hexdigest()[:12]
    private = f"tpobench_user_{digest}_{name}"
    if private in sys.modules:
        return sys.modules[private]
    spec = importlib.util.spec_from_file_location(private, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[private] = module  # before it runs, as an import does: dataclasses look it up
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[private]
        raise
    return module
