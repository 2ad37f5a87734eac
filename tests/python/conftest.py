"""The package as the release build has it, without an installation."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pyarrow
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "build/release/python"
WHEEL_BYTES_MAX = 15 << 20

sys.path.insert(0, str(PACKAGE))
os.environ["HEADRACE_PROGRESS"] = "0"


@pytest.fixture(scope="session")
def python_with_headrace():
    """The command and environment of another Python process that can import headrace."""
    return [sys.executable], {**os.environ, "PYTHONPATH": str(PACKAGE)}


@pytest.fixture(scope="session")
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
