"""What tools/docs_check.py lets pass and what it finds."""

from pathlib import Path

import pytest

from tools import docs_check

TARGETS = {"demo", "test"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "other.md").write_text("# A title, with signs!\n\n```\n# not a title\n```\n")
    return tmp_path


def complaints(folder: Path, text: str) -> list[tuple[int, str]]:
    return list(docs_check.check_document(folder / "page.md", text, TARGETS))


def test_links_that_lead_somewhere_pass(folder: Path):
    text = "[a](other.md) [b](other.md#a-title-with-signs) [c](https://example.org/x) [d](.)\n`make demo`\n"
    assert complaints(folder, text) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("one\n[a](gone.md)\n", 2),
        ("[a](other.md#no-such-title)\n", 1),
        ("[a](other.md#not-a-title)\n", 1),
        ("[a](#nowhere)\n", 1),
        ("one\ntwo `make tset`\n", 2),
        ("one\n```sh\nmake tset\n```\n", 3),
    ],
)
def test_what_leads_nowhere_is_found(folder: Path, text: str, line: int):
    (folder / "page.md").write_text(text)
    found = complaints(folder, text)
    assert [number for number, _ in found] == [line]


def test_links_in_code_are_left_alone(folder: Path):
    assert complaints(folder, "```\n[a](gone.md)\n```\n") == []


def test_targets_are_read_from_a_makefile():
    makefile = "help: ## x\nbuild-a build-b: build-%: configure-%\nX := y\n"
    assert docs_check.make_targets(makefile) == {"help", "build-a", "build-b"}


def test_a_made_page_that_is_missing_or_stale_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(docs_check, "ROOT", tmp_path)
    monkeypatch.setattr(docs_check, "MADE_PAGES", {"a.md": "a", "b.md": "b", "c.md": "c"})
    monkeypatch.setattr(docs_check, "made_page", lambda topic: f"page of {topic}\n")
    (tmp_path / "a.md").write_text("page of a\n")
    (tmp_path / "b.md").write_text("an older page of b\n")
    found = list(docs_check.check_made_pages())
    assert [complaint.split(":")[0] for complaint in found] == ["b.md", "c.md"]
    docs_check.write_made_pages()
    assert list(docs_check.check_made_pages()) == []
