"""What `import tpobench` gives."""

import subprocess
import sys

import pytest

import tpobench


@pytest.mark.parametrize("name", tpobench.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(tpobench, name) is not None
    assert name in dir(tpobench)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'tpobench' has no attribute 'Sotre'"):
        tpobench.Sotre  # noqa: B018


def test_importing_tpobench_imports_nothing_of_it() -> None:
    code = "import sys, tpobench; print([name for name in sys.modules if name.startswith('tpobench.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
