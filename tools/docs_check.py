"""Check that what the documents point at is there: files, headings, and make targets.

    tools/docs_check.py

Looks at every Markdown file that git knows or would add. A link to another site is left alone. Exit code 1 when
something is missing. Standard library only.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
MAKE = re.compile(r"`make ([a-z-]+)[^`]*`")
COMMAND = re.compile(r"^\s*make ([a-z-]+)", re.MULTILINE)


def without_code(text: str) -> str:
    """The text with fenced code blanked out, line by line, so that positions stay."""
    return FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)


def anchors(text: str) -> set[str]:
    """The names that headings get: lower case, dashes for blanks, other signs dropped."""
    headings = re.findall(r"^#{1,6}\s+(.+?)\s*$", without_code(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def make_targets(makefile: str) -> set[str]:
    lines = re.findall(r"^([a-z-]+(?: [a-z-]+)*):(?!=)", makefile, re.MULTILINE)
    return {target for line in lines for target in line.split()}


def check_document(path: Path, text: str, targets: set[str]) -> Iterator[tuple[int, str]]:
    """Line and complaint for everything in one document that leads nowhere."""
    prose = without_code(text)
    for found in LINK.finditer(prose):
        line = prose.count("\n", 0, found.start()) + 1
        place, _, anchor = found[1].partition("#")
        if re.match(r"[a-z]+:", place):
            continue
        target = (path.parent / place).resolve() if place else path
        if not target.exists():
            yield line, f"link to {place}, which does not exist"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target.read_text()):
            yield line, f"link to {found[1]}, but {target.name} has no such heading"
    mentions = [*MAKE.finditer(prose)]
    for block in FENCE.finditer(text):
        mentions += COMMAND.finditer(text, block.start(), block.end())
    for found in mentions:
        if found[1] not in targets:
            yield text.count("\n", 0, found.start(1)) + 1, f"`make {found[1]}` is no target of the Makefile"


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    documents = [
        ROOT / name for name in sorted(set(filter(None, listed.stdout.split("\0")))) if (ROOT / name).is_file()
    ]
    targets = make_targets((ROOT / "Makefile").read_text())
    failures = 0
    for path in documents:
        for line, complaint in check_document(path, path.read_text(), targets):
            print(f"{path.relative_to(ROOT)}:{line}: {complaint}")
            failures += 1
    print(f"docs: {len(documents)} documents, {failures} broken references")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
