"""The documentation site is built without a warning, and is whole."""

import html.parser
import os
import re
import subprocess
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import headrace as hr
from tests.conftest import ROOT


class Links(html.parser.HTMLParser):
    """What a page points at: links that a person may follow, and what the browser fetches by itself."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.followed: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self.feed(page.read_text())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.anchors.add(attributes.get("id", ""))
        if tag == "a" and "href" in attributes:
            self.followed.append(attributes["href"])
        elif tag in ("link", "img", "script", "iframe", "source"):
            self.fetched += [attributes[key] for key in ("href", "src") if key in attributes]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [ROOT / "build/envs/docs/bin/mkdocs", "build", "--strict", "--site-dir", folder]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site):
    return {page: Links(page) for page in site.rglob("*.html") if page.name != "404.html"}


def test_every_page_and_all_that_it_shows_is_there(site, pages):
    assert len(pages) > 40
    missing = []
    for page, links in pages.items():
        for link in [*links.followed, *links.fetched]:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not target.exists():
                missing.append(f"{page.relative_to(site)}: {link}")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                missing.append(f"{page.relative_to(site)}: {link} has no such place")
    assert missing == []


def test_no_page_needs_the_network(pages):
    fetched = {
        link for links in pages.values() for link in links.fetched if urlsplit(link).scheme or link.startswith("//")
    }
    assert fetched == set()


def test_the_reference_of_python_has_all_that_is_public(site, pages):
    anchors = pages[site / "reference/python.html"].anchors
    names = {name for name in hr.__all__ if name != "features"}
    names |= {f"LazyFrame.{name}" for name in dir(hr.LazyFrame) if not name.startswith("_")}
    names |= {f"Expr.{name}" for name in dir(hr.Expr) if not name.startswith("_")}
    transforms = [
        name for name, value in vars(hr.features).items() if isinstance(value, type) and "name" in vars(value)
    ]
    assert len(transforms) > 10
    names |= {f"features.{name}" for name in transforms}
    assert sorted(name for name in names if f"headrace.{name}" not in anchors) == []


def test_examples_of_docstrings_are_shown_as_code(site):
    text = (site / "reference/python.html").read_text()
    assert len(re.findall(r"&gt;&gt;&gt;", text)) > 30
