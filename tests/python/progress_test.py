"""Progress is shown where somebody watches, and can be switched."""

import sys
import types

import pytest

from headrace import _work


@pytest.fixture
def bars(monkeypatch):
    """What tqdm was asked for; it need not be installed."""
    asked = []

    class Bar:
        def __init__(self, total, desc, leave):
            asked.append((desc, total))
            self.total = total
            self.n = 0

        def set_postfix_str(self, text):
            asked.append(text)

        def close(self):
            asked.append("closed")

    module = types.ModuleType("tqdm.auto")
    module.tqdm = Bar
    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", module)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    monkeypatch.setenv("HEADRACE_PROGRESS", "1")
    return asked


def shows(wanted) -> bool:
    return _work._Bar(wanted)._tqdm is not None


def test_a_bar_says_stage_and_rows(bars):
    bar = _work._Bar(True)
    bar.show(("flights (scan)", 1, 8, 1000))
    bar.show(("flights (scan)", 2, 8, 2000))
    bar.show(("write out", 0, 2, 0))
    bar.close()
    assert bars == [("flights (scan)", 8), "1,000 rows", "2,000 rows", "closed", ("write out", 2), "0 rows", "closed"]


def test_it_is_shown_in_notebooks_and_terminals_and_nowhere_else(bars, monkeypatch):
    assert not shows(None)  # a file or a pipe
    monkeypatch.setitem(sys.modules, "ipykernel", types.ModuleType("ipykernel"))
    assert shows(None)
    assert not shows(False)
    monkeypatch.setenv("HEADRACE_PROGRESS", "0")
    assert not shows(None)
    assert shows(True)
