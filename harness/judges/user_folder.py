"""The modules of the user's folder, imported beside ours: neither hides the other, whatever they are called."""

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

import tpobench

OURS = ("tpobench",)
"""The top-level names of this package."""

_OUR_ROOT = Path(tpobench.__file__).resolve().parents[1]


class UserFolder:
    """A folder of the user's. While its code runs (see `first`), the folder is searched first, as Python does for a
    script; at other times last, and modules of it that are called like ours are out of sight."""

    def __init__(self, folder: Path) -> None:
        self.path = folder.resolve()
        self._namesakes = () if self.path == _OUR_ROOT else tuple(name for name in OURS if self._has(name))
        self._theirs: dict[str, ModuleType] = {}

    @contextmanager
    def first(self) -> Iterator[None]:
        """Within it, imports are those of the user's code."""
        finder, path = _NamesakeFinder(self._namesakes, str(self.path)), str(self.path)
        ours = _taken_out(self._namesakes)
        sys.modules.update(self._theirs)
        sys.meta_path.insert(0, finder)
        sys.path.insert(0, path)
        try:
            yield
        finally:
            sys.path.remove(path)
            if path not in sys.path:
                sys.path.append(path)
            sys.meta_path.remove(finder)
            self._theirs = _taken_out(self._namesakes)
            sys.modules.update(ours)

    def module(self, name: str) -> ModuleType:
        """The module of this name, from its file in the folder where there is one, else from wherever Python finds it.

        Raises whatever the import raises.
        """
        with self.first():
            for file in (self.path / name / "__init__.py", self.path / f"{name}.py"):
                if file.is_file():
                    return _loaded(name, file)
            return importlib.import_module(name)

    def _has(self, name: str) -> bool:
        """Whether there is code of this name; a folder of data is none."""
        return (self.path / f"{name}.py").is_file() or any((self.path / name).glob("*.py"))


class _NamesakeFinder:
    """Finds these modules in one folder only; also a package without ``__init__.py``, which would come after ours."""

    def __init__(self, names: Sequence[str], folder: str) -> None:
        self._names = names
        self._folder = folder

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return PathFinder.find_spec(name, [self._folder]) if name in self._names else None


def _taken_out(names: Sequence[str]) -> dict[str, ModuleType]:
    """These modules and all below them, which are no longer imported then."""
    found = [name for name in sys.modules if name.partition(".")[0] in names]
    return {name: sys.modules.pop(name) for name in found}


def _loaded(name: str, file: Path) -> ModuleType:
    """The file's module, under a name that nobody else uses; the same one as long as the file does not change."""
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
