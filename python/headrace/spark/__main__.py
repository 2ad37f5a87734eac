"""What ``headrace run`` and ``headrace validate`` do with ``--engine spark``."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from headrace._errors import HeadraceError
from headrace._pipeline import Pipeline

_EXIT_CODES = {"invalid_argument": 2, "contract_violated": 3, "cancelled": 130}


def main() -> None:
    """Run the command that `sys.argv` names; the options are those of the program, which has checked them."""
    parser = argparse.ArgumentParser(prog="headrace")
    parser.add_argument("command", choices=["run", "validate"])
    parser.add_argument("pipeline")
    parser.add_argument("--master", default="local[*]")
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--state")
    parser.add_argument("--output", default="text")
    parser.add_argument("--no-statistics", dest="statistics", action="store_false")
    arguments = parser.parse_args()
    try:
        print(_do(arguments), end="")
    except HeadraceError as error:
        # As the program says it.
        print(f"error: {error}", file=sys.stderr)
        sys.exit(_EXIT_CODES.get(error.code, 1))


def _do(arguments: argparse.Namespace) -> str:
    pipeline = Pipeline.from_yaml(arguments.pipeline, dict(value.split("=", 1) for value in arguments.set))
    if arguments.command == "validate":
        found = pipeline.validate(state=arguments.state, engine="spark", spark=arguments.master)
        return json.dumps(found, indent=2) + "\n" if arguments.output == "json" else _text(found["spark"])
    result = pipeline.run(
        engine="spark", spark=arguments.master, state=arguments.state, statistics=arguments.statistics
    )
    return json.dumps(result.report, indent=2) + "\n" if arguments.output == "json" else f"{result!r}\n"


def _text(found: dict[str, Any]) -> str:
    lines = [f"engine {found['engine']}"]
    lines += [f"source {name}: read by {reader}" for name, reader in found["sources"].items()]
    lines += [f"in tasks of Headrace: {label}, for {reason}" for label, reason in found["tasks"].items()]
    lines += [f"in tasks of Headrace if its right side is small: {label}" for label in found["joins"]]
    lines += [f"equal to 1e-12 of what is summed: {name}" for name in found["approximate"]]
    lines += [f"note: {note}" for note in found["notes"]]
    return "\n".join([*lines, "valid", ""])


if __name__ == "__main__":
    main()
