"""The wheel that pip makes of the sources, from the objects of the release build."""

import subprocess
import sys
import zipfile

import pyarrow
import pytest

from tests.conftest import ROOT

WHEEL_BYTES_MAX = 15 << 20


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the wheel's content and, beside it, pyarrow: as site-packages are."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*pip, "-w", folder, "-C", "build-dir=build/release", ROOT], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    wheel = next(folder.glob("headrace-*.whl"))
    assert wheel.stat().st_size <= WHEEL_BYTES_MAX
    site = folder / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "headrace/bin/headrace").chmod(0o755)
    (site / "pyarrow").symlink_to(pyarrow.__path__[0])
    return site


def run(installed, *command):
    environment = {"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_works_where_it_is_installed(installed):
    program = (
        "import headrace as hr; print(hr.__file__); print(hr.from_dict({'a': [1, 2]}).filter('a > 1').collect().height)"
    )
    assert run(installed, sys.executable, "-c", program).split() == [str(installed / "headrace/__init__.py"), "1"]


def test_the_program_comes_with_it(installed):
    assert run(installed, sys.executable, "-m", "headrace", "version").startswith("headrace ")


def test_nothing_points_to_where_it_was_built(installed):
    for file in (installed / "headrace/bin/headrace", *(installed / "headrace").glob("_core*.so")):
        dynamic = subprocess.run(["readelf", "-d", file], capture_output=True, text=True, check=True).stdout
        assert "$ORIGIN" in dynamic
        assert str(ROOT) not in dynamic


def test_types_come_with_it(installed):
    assert (installed / "headrace/py.typed").is_file()
    assert "class Frame:" in (installed / "headrace/_core.pyi").read_text()
