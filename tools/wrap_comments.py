"""Break comment lines that are too long, without touching any other. Part of `make format`.

    tools/wrap_comments.py FILE...

What does not fit moves to the head of the next line of the same paragraph, which keeps its indentation; so hanging
indents and lists stay as they were drawn. A paragraph ends at a line that is no whole-line comment, is empty, is
indented less, or opens a list item. Comments behind code are left to their writer.
"""

import re
import sys
from pathlib import Path

WIDTH = 120
COMMENT = re.compile(r"^(?P<head>\s*///?<? *)(?P<text>\S.*)$")
LIST_ITEM = re.compile(r"([-*•]|\d+[.)]|\([a-z0-9]+\)) ")


def continues(head: str, line: str) -> re.Match[str] | None:
    """The next line's parts when it goes on with a paragraph of this head."""
    found = COMMENT.match(line)
    if not found or not found["head"].startswith(head) or LIST_ITEM.match(found["text"]):
        return None
    return found


def wrap(lines: list[str]) -> list[str]:
    pending = list(reversed(lines))
    done: list[str] = []
    while pending:
        line = pending.pop()
        found = COMMENT.match(line)
        cut = line.rfind(" ", 0, WIDTH + 1)
        if len(line) <= WIDTH or not found or cut < len(found["head"]):
            done.append(line)
            continue
        rest = line[cut + 1 :]
        done.append(line[:cut].rstrip())
        following = continues(found["head"], pending[-1]) if pending else None
        if following and rest.endswith(":") and following["head"] != found["head"]:
            following = None  # what a colon announces, drawn deeper
        if following:
            pending[-1] = f"{following['head']}{rest} {following['text']}"
        else:
            hanging = LIST_ITEM.match(found["text"])
            pending.append(found["head"] + " " * (hanging.end() if hanging else 0) + rest)
    return done


def main(files: list[str]) -> None:
    for name in files:
        path = Path(name)
        text = path.read_text()
        wrapped = "\n".join(wrap(text.split("\n")))
        if wrapped != text:
            path.write_text(wrapped)


if __name__ == "__main__":
    main(sys.argv[1:])
