"""Programs of this folder, run in the Python of an environment that has Spark."""

import os
import subprocess
from pathlib import Path

from tests.conftest import ROOT

HERE = Path(__file__).parent


def on_spark(environment, program, *words, seconds=None):
    """Runs a program, which must succeed; returns what it prints. `seconds` are the most it may take."""
    python = ROOT / "build" / "envs" / environment / "bin" / "python"
    assert python.exists(), f"make setup-tests installs the environment {environment}"
    path = os.pathsep.join(filter(None, [str(ROOT / "build" / "release" / "python"), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(
        [python, HERE / program, *map(str, words)],
        env={**os.environ, "PYTHONPATH": path, "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True, text=True, timeout=seconds, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-8000:]
    return done.stdout.rstrip()
