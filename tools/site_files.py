"""A hook of MkDocs: pages outside of docs/ become pages of the site, and files that pages link to come along.

README.md is the first page. A link from a page to a file of the repository that is no page, such as a golden case,
leads to a copy of the file in the site, as text. A link to a folder becomes its text.
"""

import os
import re
from pathlib import Path

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
# Pages of the site by the file of the repository, where that is not in docs/.
PAGES = {
    "README.md": "index.md",
    "ARCHITECTURE.md": "project/ARCHITECTURE.md",
    "CONTRIBUTING.md": "project/CONTRIBUTING.md",
    "CHANGELOG.md": "project/CHANGELOG.md",
}
SOURCES = {page: name for name, page in PAGES.items()}
SHOWN_AS_THEY_ARE = {".svg", ".png", ".json"}
LINK = re.compile(r"(?P<text>\[[^\]]*\])\((?P<place>[^)\s#]*)(?P<anchor>#[^)\s]*)?\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def source_of(page: str) -> Path:
    """The file of the repository that a page of the site is made of."""
    return ROOT / SOURCES[page] if page in SOURCES else DOCS / page


def place_of(file: Path) -> str | None:
    """Where in the site a file of the repository is; None for what is not there: folders."""
    name = file.relative_to(ROOT).as_posix()
    if not file.is_file():
        return None
    if name in PAGES:
        return PAGES[name]
    if file.is_relative_to(DOCS):
        return file.relative_to(DOCS).as_posix()
    return f"files/{name}" if file.suffix in SHOWN_AS_THEY_ARE else f"files/{name}.txt"


def links_of(text: str) -> list[re.Match[str]]:
    """The links of a page to other files, those in blocks of code left out."""
    blocks = [found.span() for found in FENCE.finditer(text)]
    return [
        found
        for found in LINK.finditer(text)
        if found["place"]
        and not re.match(r"[a-z]+:", found["place"])
        and not any(start <= found.start() < end for start, end in blocks)
    ]


def on_files(files: Files, config) -> Files:
    for name, page in PAGES.items():
        files.append(File.generated(config, page, abs_src_path=str(ROOT / name)))
    for page in [file.src_uri for file in files.documentation_pages()]:
        source = source_of(page)
        for link in links_of(source.read_text()):
            target = (source.parent / link["place"]).resolve()
            place = place_of(target)
            if place is not None and place.startswith("files/") and files.get_file_from_path(place) is None:
                files.append(File.generated(config, place, abs_src_path=str(target)))
    return files


def on_page_markdown(markdown: str, page, config, files: Files) -> str:
    source = source_of(page.file.src_uri)
    folder = (DOCS / page.file.src_uri).parent
    for link in reversed(links_of(markdown)):
        place = place_of((source.parent / link["place"]).resolve())
        if place is None:
            changed = link["text"][1:-1]
        else:
            changed = f"{link['text']}({os.path.relpath(DOCS / place, folder)}{link['anchor'] or ''})"
        markdown = markdown[: link.start()] + changed + markdown[link.end() :]
    return markdown
