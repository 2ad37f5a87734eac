"""Check that what the documents point at is there, and that pages made by the program are what it prints today.

    tools/docs_check.py            check
    tools/docs_check.py --write    write the made pages again

Looks at every Markdown file that git knows or would add: files, headings and make targets that it points at must exist.
A link to another site is left alone. Exit code 1 when something is missing or stale. Standard library only.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / f"bench/{name}") for name in ("formats", "feed", "engines")]

import engines_page  # noqa: E402  (bench/engines/engines_page.py)
import feed_page  # noqa: E402  (bench/feed/feed_page.py)
import page  # noqa: E402  (bench/formats/page.py)

PROGRAM = ROOT / "build/headrace"
# Pages that the program prints, by what it is called with: from the same tables that the parser uses.
MADE_PAGES = {
    "docs/reference/pipeline.md": "reference pipeline",
    "docs/reference/pipeline.schema.json": "reference pipeline-schema",
    "docs/reference/functions.md": "reference functions",
    "docs/reference/transforms.md": "reference transforms",
    "docs/reference/cli.md": "--help",
}
# Pages made of records in bench/results.
RECORDED_PAGES = (page.MADE, feed_page.MADE, engines_page.MADE)
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


def printed(*words: str) -> str:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, check=True).stdout


def commands_page() -> str:
    """What `--help` prints, of the program and of each command."""
    program = printed("--help")
    commands = re.findall(r"^  (\w+) ", program.partition("Subcommands:\n")[2].partition("\n\n")[0], re.MULTILINE)
    parts = [
        "# The command line\n",
        "What `headrace --help` prints, and `headrace COMMAND --help` for each command. The program is also",
        "`python -m headrace`. Data goes to stdout, everything else to stderr.\n",
        f"```text\n{program.rstrip()}\n```\n",
        *(f"## {command}\n\n```text\n{printed(command, '--help').rstrip()}\n```\n" for command in commands),
        "This page is printed by the program.\n",
    ]
    return "\n".join(parts)


def made_page(command: str) -> str:
    return commands_page() if command == "--help" else printed(*command.split())


def write_made_pages() -> None:
    for name, command in MADE_PAGES.items():
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made_page(command))
    for made in RECORDED_PAGES:
        made.write()


def check_made_pages() -> Iterator[str]:
    """Names the pages that are not what the program prints, or the benchmark's records say."""
    for name, command in MADE_PAGES.items():
        path = ROOT / name
        if not path.is_file() or path.read_text() != made_page(command):
            yield f"{name}:1: not what `headrace {command}` prints: run `make docs`"
    for path in [path for made in RECORDED_PAGES for path in made.stale_files()]:
        yield f"{path.relative_to(ROOT)}:1: not what the records in bench/results say: run `make docs`"


def documents() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    names = sorted(set(filter(None, listed.stdout.split("\0"))))
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def main(arguments: list[str]) -> int:
    if not PROGRAM.exists():
        print(f"docs: {PROGRAM.relative_to(ROOT)} does not exist: run `make build` first")
        return 1
    if arguments == ["--write"]:
        write_made_pages()
    targets = make_targets((ROOT / "Makefile").read_text())
    complaints = [*check_made_pages()]
    for path in documents():
        for line, complaint in check_document(path, path.read_text(), targets):
            complaints.append(f"{path.relative_to(ROOT)}:{line}: {complaint}")
    for complaint in complaints:
        print(complaint)
    print(f"docs: {len(documents())} documents, {len(complaints)} findings")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
