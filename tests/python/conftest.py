"""The package as the release build has it, without an installation."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "build/release/python"

sys.path.insert(0, str(PACKAGE))
os.environ["HEADRACE_PROGRESS"] = "0"


@pytest.fixture(scope="session")
def python_with_headrace():
    """The command and environment of another Python process that can import headrace."""
    return [sys.executable], {**os.environ, "PYTHONPATH": str(PACKAGE)}
