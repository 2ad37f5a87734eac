"""The code of docs/guide/python.md runs, block after block."""

import re

import pytest

from tests.conftest import ROOT


def test_the_blocks_of_the_guide_run_in_order(tmp_path, monkeypatch, capsys):
    text = (ROOT / "docs/guide/python.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 4
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    for block in blocks:
        exec(compile(block, "docs/guide/python.md", "exec"), names)
    printed = capsys.readouterr().out
    assert "arr_dely" in printed
    assert "did you mean 'arr_delay'?" in printed
    assert "build/quickstart/python" in printed
    assert names["batch"].column_names == ["late", "distance", "plane_age", "dest"]
    assert names["pipeline"].run().report["outputs"][0]["parts"][0]["rows"] == pytest.approx(294_612, abs=5000)
