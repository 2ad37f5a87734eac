"""The page about Narwhals: complete by Narwhals' own names, true by values. See narwhals_table.py."""

import os
import subprocess

from tests.conftest import ROOT

PAGE = ROOT / "docs/reference/narwhals.md"


def test_the_page_names_every_operation_and_its_counterparts_give_equal_values():
    """HEADRACE_UPDATE=1 writes the page again."""
    python = ROOT / "build/envs/frames/bin/python"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "build/release/python"), "HEADRACE_PROGRESS": "0"}
    command = [python, ROOT / "tests/python/narwhals_table.py"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if os.environ.get("HEADRACE_UPDATE"):
        PAGE.write_text(done.stdout)
    assert done.returncode == 0, done.stderr
    assert done.stdout == PAGE.read_text()
