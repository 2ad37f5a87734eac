"""The comparison of Python with the command line runs; its figures are for `make bench-python`."""

import re
import subprocess
import sys

from tests.conftest import ROOT


def test_both_run_and_are_timed():
    command = [sys.executable, ROOT / "bench/python_overhead.py", "1"]
    environment = {"PYTHONPATH": str(ROOT / "build/release/python"), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seconds = dict(re.findall(r"^(\S+) +([\d.]+) s$", done.stdout, re.MULTILINE))
    assert list(seconds) == ["program", "run()", "import", "process"]
    assert 0 < float(seconds["import"]) + float(seconds["run()"]) <= float(seconds["process"]) + 0.01
    assert re.search(r"run\(\) against the program: [+-][\d.]+ %\n$", done.stdout)
