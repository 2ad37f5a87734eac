"""The slim wheel, made from the objects of the release build; and what both wheels have in common."""

import subprocess
import sys

import pytest

from tests.conftest import ROOT

SLIM_BYTES_MAX = 15 << 20
# Libraries of the C and C++ run time, which every system of the wheel's tag has.
EVERYWHERE = {"c", "m", "dl", "rt", "pthread", "stdc++", "gcc_s"}


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


def test_the_slim_wheel_is_small_and_asks_for_pyarrow_only(wheels, installed):
    assert wheels["slim"].stat().st_size <= SLIM_BYTES_MAX
    metadata = next(installed.glob("headrace-*.dist-info/METADATA")).read_text()
    needed = [line for line in metadata.splitlines() if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert needed == ["Requires-Dist: pyarrow==26.0.*"]


@pytest.mark.parametrize("flavour", ["installed", "standalone"])
def test_all_libraries_are_in_the_wheel_or_on_every_system(flavour, request):
    site = request.getfixturevalue(flavour)
    binaries = [site / "headrace/bin/headrace", *(site / "headrace").glob("_core*.so"), *site.glob("*.libs/*")]
    assert len(binaries) > 5
    for binary in binaries:
        listed = subprocess.run(["ldd", binary], capture_output=True, text=True, check=True).stdout
        for line in listed.splitlines():
            name, arrow, path = line.strip().partition(" => ")
            is_ours = path.startswith(str(site))
            assert not arrow or is_ours or name.split(".so")[0].removeprefix("lib") in EVERYWHERE, line


def test_types_come_with_it(installed):
    assert (installed / "headrace/py.typed").is_file()
    assert "class Frame:" in (installed / "headrace/_core.pyi").read_text()
