"""The command line program: ``python -m headrace`` and the script ``headrace``."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> None:
    """Become the program, with the same arguments; `doctor` has more to say in Python."""
    program = Path(__file__).with_name("bin") / "headrace"
    if not program.is_file():
        sys.exit("headrace: the program is not beside the package: pip install headrace, or make build")
    arguments = sys.argv[1:]
    if arguments[:1] == ["doctor"] and not {"-h", "--help"} & set(arguments):
        from headrace._doctor import run_doctor

        sys.exit(run_doctor(program, arguments[1:]))
    # What runs in Python, such as the Spark engine, runs in this one.
    os.environ.setdefault("HEADRACE_PYTHON", sys.executable)
    os.execv(program, [str(program), *arguments])


if __name__ == "__main__":
    main()
