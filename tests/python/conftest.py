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

sys.path.insert(0, str(PACKAGE))
os.environ["HEADRACE_PROGRESS"] = "0"


@pytest.fixture(scope="session")
def python_with_headrace():
    """The command and environment of another Python process that can import headrace."""
    return [sys.executable], {**os.environ, "PYTHONPATH": str(PACKAGE)}


@pytest.fixture(scope="session")
def wheels(tmp_path_factory):
    """The wheels by flavour: slim and standalone."""
    folder = tmp_path_factory.mktemp("wheels")
    done = subprocess.run([sys.executable, ROOT / "tools/wheel.py", folder], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    slim, standalone = sorted(folder.glob("*.whl"))
    return {"slim": slim, "standalone": standalone}


def unpack(wheel, site):
    """As pip does, which makes executable what says that it is."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        for member in archive.infolist():
            if member.external_attr >> 16 & 0o111:
                (site / member.filename).chmod(0o755)


@pytest.fixture(scope="session")
def installed(wheels, tmp_path_factory):
    """A folder with the slim wheel's content and, beside it, pyarrow: as site-packages are."""
    site = tmp_path_factory.mktemp("slim")
    unpack(wheels["slim"], site)
    (site / "pyarrow").symlink_to(pyarrow.__path__[0])
    return site


@pytest.fixture(scope="session")
def standalone(wheels, tmp_path_factory):
    """A folder with the standalone wheel's content, and nothing else."""
    site = tmp_path_factory.mktemp("standalone")
    unpack(wheels["standalone"], site)
    return site
