"""The source archive: what is in it, and, for `make test-long` (HEADRACE_SDIST=build), that pip makes a wheel of it."""

import os
import subprocess
import sys
import tarfile
import venv

import pytest

from tests.conftest import ROOT

BYTES_MAX = 4 << 20

PROGRAM = """
import headrace as hr
print(hr.from_dict({"a": [1, 2]}).filter("a > 1").collect().to_dict(), hr.__file__)
"""


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sdist")
    program = f"import scikit_build_core.build as b; b.build_sdist({str(folder)!r})"
    run(sys.executable, "-c", program, cwd=ROOT)
    return next(folder.glob("headrace-*.tar.gz"))


def test_it_holds_what_a_wheel_is_made_of_and_nothing_else(sdist):
    assert sdist.stat().st_size < BYTES_MAX
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"CMakeLists.txt", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"} <= names
    assert {"cmake/HeadraceArrow.cmake", "python/headrace/py.typed", "src/headrace/frame/headrace.h"} <= names
    tops = {name.partition("/")[0] for name in names if "/" in name}
    assert tops == {"build", "cmake", "python", "src"}
    assert {name for name in names if name.startswith("build/")} == {"build/downloads/vega.js"}
    assert not [name for name in names if "__pycache__" in name or name.endswith(".so")]


@pytest.mark.skipif(os.environ.get("HEADRACE_SDIST") != "build", reason="takes as long as a build; see make test-sdist")
def test_pip_makes_a_wheel_of_it_that_works_in_a_clean_environment(sdist, tmp_path):
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv/bin/python"
    clean = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    run(python, "-m", "pip", "install", "--quiet", sdist, cwd=tmp_path, env=clean)
    printed = run(python, "-c", PROGRAM, cwd=tmp_path, env=clean)
    assert printed.startswith("{'a': [2]} " + str(tmp_path / "venv"))
    assert run(tmp_path / "venv/bin/headrace", "version", cwd=tmp_path, env=clean).startswith("headrace ")
