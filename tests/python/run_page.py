"""Runs the code of one document, block after block, in the current folder; run by guide_test.py.

    run_page.py DOCUMENT [ENVIRONMENT]

- A ```python block runs, with the names that those before it left; an ```sh block runs in bash.
- A ```text block right behind one is what that one prints; `...` stands for anything.
- A block with a title, as ```yaml title="pipeline.yaml", is written to a file of that name.
- `<!-- runs in: NAME -->` before a block: it runs only where ENVIRONMENT is NAME; others do not run there.
- `<!-- not run: REASON -->` before a block: it does not run.

Prints how many blocks ran and how many were left out; a block that fails, or prints something else, ends it. With
HEADRACE_UPDATE=1 in the environment, what was printed is written into the document instead.
"""

import contextlib
import doctest
import io
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(
    r"(?:^<!-- (?P<how>runs in|not run): (?P<what>.*?) -->\n+)?"
    r"^```(?P<language>\w+)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<code>.*?)^```\n"
    r"(?:\n*```text\n(?P<printed>.*?)^```\n)?",
    re.MULTILINE | re.DOTALL,
)


@dataclass
class Block:
    line: int
    language: str
    code: str
    title: str | None
    printed: str | None
    printed_span: tuple[int, int]
    environment: str
    is_left_out: bool


def blocks_of(text: str) -> list[Block]:
    """The blocks of a document that do something: code, and files."""
    blocks = []
    for found in BLOCK.finditer(text):
        if found["language"] not in ("python", "sh") and found["title"] is None:
            continue
        line = text.count("\n", 0, found.start("code")) + 1
        environment = found["what"] if found["how"] == "runs in" else ""
        parts = (found["language"], found["code"], found["title"], found["printed"], found.span("printed"))
        blocks.append(Block(line, *parts, environment, found["how"] == "not run"))
    return blocks


def run_block(block: Block, document: str, names: dict) -> str:
    """Runs one block; returns what it prints."""
    if block.title is not None:
        file = Path(block.title)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.code)
        return ""
    if block.language == "sh":
        done = subprocess.run(["bash", "-c", block.code], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"exit code {done.returncode}:\n{done.stdout}")
        return done.stdout
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile("\n" * (block.line - 1) + block.code, document, "exec"), names)
    return printed.getvalue()


def main(document: str, environment: str = "") -> int:
    names: dict = {"__name__": "page"}
    ran = 0
    left_out = 0
    updates: list[tuple[tuple[int, int], str]] = []
    checker = doctest.OutputChecker()
    text = Path(document).read_text()
    for block in blocks_of(text):
        if block.is_left_out or block.environment != environment:
            left_out += block.is_left_out
            continue
        try:
            printed = run_block(block, document, names)
        except Exception as error:
            print(f"{document}:{block.line}: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
        ran += 1
        if block.printed is None or checker.check_output(block.printed, printed, doctest.ELLIPSIS):
            continue
        if os.environ.get("HEADRACE_UPDATE"):
            updates.append((block.printed_span, printed))
        else:
            print(f"{document}:{block.line}: prints\n{printed}\nwhere the page says\n{block.printed}", file=sys.stderr)
            return 1
    for (start, end), printed in reversed(updates):
        text = text[:start] + printed + text[end:]
    if updates:
        Path(document).write_text(text)
    print(f"{ran} ran, {left_out} left out")
    return 0


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    if len(sys.argv) > 2 and sys.argv[2]:
        # Threads of an old pyarrow may outlive the interpreter and end the process by a signal.
        sys.stdout.flush()
        os._exit(code)
    sys.exit(code)
