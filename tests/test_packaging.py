"""What is installed, and from what: the wheel, the wheel of the source distribution, and a checkout that came as a zip.

Quick stand-ins, without an environment of their own, for `make wheel-test`.
"""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("harness", "tpo", "benchmarks", "reports")


def build(checkout: Path, target: str, folder: Path) -> Path:
    """The one file that the build backend makes of a checkout: a wheel, an editable wheel or a source distribution."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", str(folder)]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)
    (file,) = folder.iterdir()
    return file


@dataclass(frozen=True)
class Built:
    wheel: Path
    wheel_of_sdist: Path
    installed: Path
    """A folder that holds what the wheel installs."""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    work = tmp_path_factory.mktemp("built")
    with tarfile.open(build(ROOT, "sdist", work / "sdist")) as archive:
        archive.extractall(work / "unpacked", filter="data")
    (unpacked,) = (work / "unpacked").iterdir()
    wheel = build(ROOT, "wheel", work / "wheel")
    zipfile.ZipFile(wheel).extractall(work / "installed")
    return Built(wheel, build(unpacked, "wheel", work / "again"), work / "installed")


def python(code: str, *arguments: str, found_in: Path, run_in: Path) -> str:
    command = [sys.executable, "-c", code, *arguments]
    environment = os.environ | {"PYTHONPATH": str(found_in)}
    done = subprocess.run(command, cwd=run_in, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


HELP = "import sys, tpobench.cli; print(tpobench.__file__); sys.argv[1:] = ['--help']; tpobench.cli.main()"
BENCHMARKS = "from tpobench.harness.evaluation.registry import benchmark_named; print(benchmark_named('starter').name)"


def test_tpobench_is_all_that_is_installed(built: Built) -> None:
    record = next(built.installed.glob("*.dist-info/RECORD")).read_text().splitlines()
    assert {line.split("/")[0].split("-")[0] for line in record} == {"tpobench"}


def test_every_file_of_the_rooms_is_installed(built: Built) -> None:
    def files(folder: Path) -> set[str]:
        return {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}

    for room in (*ROOMS, "tpobench/cli"):
        ours = {name for name in files(ROOT / room) if "__pycache__" not in name}
        assert ours, room
        assert files(built.installed / "tpobench" / room.removeprefix("tpobench/")) == ours


def test_the_source_distribution_makes_the_same_wheel(built: Built) -> None:
    wheels = [zipfile.ZipFile(file) for file in (built.wheel, built.wheel_of_sdist)]
    ours, again = [{name: wheel.read(name) for name in wheel.namelist()} for wheel in wheels]
    assert ours == again


def test_the_users_own_folders_are_not_taken_for_ours(built: Built, tmp_path: Path) -> None:
    for name in ("tpo", "reports", "benchmarks"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text("raise ImportError('a decoy')")
    (tmp_path / "harness.py").write_text("raise ImportError('a decoy')")
    shown = python(HELP, found_in=built.installed, run_in=tmp_path)
    assert shown.startswith(str(built.installed))
    assert "quickstart" in shown
    assert python(BENCHMARKS, found_in=built.installed, run_in=tmp_path) == "starter/test\n"


def test_a_checkout_that_came_as_a_zip_can_be_installed(tmp_path: Path) -> None:
    """Python's zipfile makes plain files of the package's links; an editable install restores them."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no checkout of git")
    checkout = tmp_path / "checkout"
    subprocess.run(["git", "archive", "--format=zip", "-o", tmp_path / "main.zip", "HEAD"], cwd=ROOT, check=True)
    zipfile.ZipFile(tmp_path / "main.zip").extractall(checkout)
    assert not (checkout / "tpobench" / "harness").is_dir()
    shown = in_editable_install(checkout, HELP, tmp_path)
    assert shown.startswith(str(checkout))
    assert "quickstart" in shown


def test_an_editable_install_makes_no_other_name_importable(tmp_path: Path) -> None:
    code = f"import importlib.util as u; print([name for name in ('tpobench', *{ROOMS!r}) if u.find_spec(name)])"
    assert in_editable_install(ROOT, code, tmp_path) == "['tpobench']\n"


def in_editable_install(checkout: Path, code: str, work: Path) -> str:
    """What the code prints where this checkout alone is installed, beside the packages of this environment."""
    installed = work / "installed"
    zipfile.ZipFile(build(checkout, "wheel:editable", work / "dist")).extractall(installed)
    packages = [str(installed), *(folder for folder in sys.path if Path(folder).name == "site-packages")]
    # -S: no .pth file is read, so that the checkout which runs this test is not installed.
    command = [sys.executable, "-S", "-c", f"import sys, site; site.addsitedir({str(installed)!r}); {code}"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(packages)}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout
