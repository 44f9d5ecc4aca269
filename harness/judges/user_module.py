"""A module of the user's: a file that is named, one of the current folder, or an installed package."""

import ast
import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

from tpobench.harness.errors import UserError


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
    """The module of this name: from its file in the folder where there is one, else from an installed package.

    Args:
        folder: Searched first.
        name: A module's name, or the path of a file that ends in ``.py``.

    Raises:
        UserError: The name is that of a module of Python itself: its functions do what they like with a text, some run
            it.
        Exception: Whatever the import raises.
    """
    file = module_file(folder, name)
    if file is None and name.partition(".")[0] in sys.stdlib_module_names:
        raise UserError(f"{name} is a module of Python itself; name a file of yours, such as my_metrics.py")
    with importable(file.parent if file is not None and name.endswith(".py") else folder):
        return importlib.import_module(name) if file is None else _loaded(module_name(name), file)


def module_file(folder: Path, name: str) -> Path | None:
    """The file of the user's that a name means; None where it means an installed package.

    Raises UserError where the name is the path of a file that is not there.
    """
    if name.endswith(".py"):
        file = folder / Path(name).expanduser()
        if not file.is_file():
            raise UserError(f"there is no file {name}; check the path")
        return file.resolve()
    found = (file for file in (folder / name / "__init__.py", folder / f"{name}.py") if file.is_file())
    return next(found, None)


def module_name(name: str) -> str:
    """The name of a module that may be named by its file."""
    return Path(name).stem if name.endswith(".py") else name


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
