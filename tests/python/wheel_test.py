"""The wheel that pip makes of the sources, from the objects of the release build."""

import subprocess
import sys

from tests.conftest import ROOT


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
