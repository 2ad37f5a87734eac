"""The code of the documents runs, block after block, and prints what the pages say. See run_page.py.

Blocks run where pandas, Polars and the like are there too, in the environment `frames`. HEADRACE_UPDATE=1 takes what
they print over into the pages: read the difference before you commit it.
"""

import os
import re
import subprocess

import pytest

from tests.conftest import ROOT
from tests.python.run_page import blocks_of

PAGES = {
    page.relative_to(ROOT).as_posix(): blocks
    for page in sorted((ROOT / "docs").rglob("*.md"))
    if (blocks := blocks_of(page.read_text()))
}
# Pages with a block that cannot run here, which says why.
PAGES_THAT_LEAVE_OUT = {
    "docs/guide/feed.md",
    "docs/formats/partitions.md",
    "docs/formats/petastorm.md",
    "docs/guide/object-stores.md",
}


def run_page(page, folder, environment=""):
    """Runs the blocks of a page in a folder, those for an environment or those for none; returns how many."""
    python = ROOT / "build/envs" / (environment or "frames") / "bin/python"
    if environment and not python.exists():
        pytest.skip(f"the environment {environment} is not there")
    variables = {**os.environ, "PATH": f"{ROOT / 'build'}:{os.environ['PATH']}", "HEADRACE_PROGRESS": "0"}
    if environment in ("", "pyspark"):
        variables["PYTHONPATH"] = str(ROOT / "build/release/python")
    if environment == "pyspark":
        variables |= {"PYSPARK_PYTHON": str(python), "HEADRACE_PYTHON": str(python), "SPARK_LOCAL_IP": "127.0.0.1"}
    command = [python, ROOT / "tests/python/run_page.py", ROOT / page, environment]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return int(re.match(r"(\d+) ran", done.stdout)[1])


@pytest.mark.parametrize("page", PAGES)
def test_the_blocks_of_a_page_run_and_print_what_it_says(page, tmp_path):
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    blocks = [block for block in PAGES[page] if not block.is_left_out]
    ran = run_page(page, tmp_path)
    for environment in sorted({block.environment for block in blocks} - {""}):
        ran += run_page(page, tmp_path, environment)
    assert ran == len(blocks)


def test_few_blocks_are_left_out():
    assert {
        page for page, blocks in PAGES.items() if any(block.is_left_out for block in blocks)
    } == PAGES_THAT_LEAVE_OUT


def test_the_quickstart_of_the_readme_is_short_and_right(tmp_path, monkeypatch):
    (block,) = [block for block in blocks_of((ROOT / "README.md").read_text()) if block.language == "python"]
    assert len([line for line in block.code.splitlines() if line]) <= 15
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(compile(block.code, "README.md", "exec"), names)
    batch = names["batch"]
    assert batch.num_rows == 327_346
    assert [str(field.type) for field in batch.schema] == ["int64", "float"]
    assert batch.column("plane_age").null_count == 0
