"""The Python code of the documents runs, block after block."""

import re

import pytest

from tests.conftest import ROOT


def run_blocks(document, folder, monkeypatch):
    """The names that the blocks of a document leave, run in a folder with the example's data; and how many they are."""
    text = (ROOT / document).read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (folder / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(folder)
    names: dict = {}
    for block in blocks:
        exec(compile(block, document, "exec"), names)
    return names, blocks


def test_the_quickstart_of_the_readme_is_short_and_right(tmp_path, monkeypatch):
    names, (block,) = run_blocks("README.md", tmp_path, monkeypatch)
    assert len([line for line in block.splitlines() if line]) <= 15
    batch = names["batch"]
    assert batch.num_rows == 327_346
    assert [str(field.type) for field in batch.schema] == ["int64", "float"]
    assert batch.column("plane_age").null_count == 0


def test_the_blocks_of_the_guide_run_in_order(tmp_path, monkeypatch, capsys):
    names, blocks = run_blocks("docs/guide/python.md", tmp_path, monkeypatch)
    assert len(blocks) == 4
    printed = capsys.readouterr().out
    assert "arr_dely" in printed
    assert "did you mean 'arr_delay'?" in printed
    assert "build/quickstart/python" in printed
    assert names["batch"].column_names == ["late", "distance", "plane_age", "dest"]
    assert names["pipeline"].run().report["outputs"][0]["parts"][0]["rows"] == pytest.approx(294_612, abs=5000)


def test_the_blocks_of_the_guide_to_reports_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "build").mkdir()
    names, blocks = run_blocks("docs/guide/report.md", tmp_path, monkeypatch)
    assert len(blocks) == 1
    assert names["distance"]["rows"] == 327_346
    assert capsys.readouterr().out.splitlines()[-1] == "<headrace.ContractResult: 14 promises kept by 327,346 rows>"
    assert names["page"].startswith("<!DOCTYPE html>")
