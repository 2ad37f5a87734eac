"""The command line program: ``python -m headrace`` and the script ``headrace``."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Become the program, with the same arguments."""
    program = Path(__file__).with_name("bin") / "headrace"
    if not program.is_file():
        sys.exit("headrace: the program is not beside the package: pip install headrace, or make build")
    os.execv(program, [str(program), *sys.argv[1:]])


if __name__ == "__main__":
    main()
