"""The page about Narwhals, made and checked; run by narwhals_test.py in the environment `frames`.

    narwhals_table.py          check, and print the page docs/reference/narwhals.md

Every public name of Narwhals' lazy classes must have an entry (narwhals_entries.py), and each counterpart is run beside
Narwhals with Polars on a small frame, and must give equal values.
"""

import math
import sys
from typing import Any

import narwhals as nw
from narwhals_entries import DT, EXPR, FRAME, LIST, STR, STRUCT, As, No, Own, Same

import headrace as hr

theirs = nw.col("a")
ours = hr.col("a")
TABLES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "LazyFrame": (nw.LazyFrame, hr.LazyFrame, FRAME),
    "Expr": (nw.Expr, hr.Expr, EXPR),
    "Expr.str": (type(theirs.str), type(ours.str), STR),
    "Expr.dt": (type(theirs.dt), type(ours.dt), DT),
    "Expr.list": (type(theirs.list), type(ours.list), LIST),
    "Expr.struct": (type(theirs.struct), type(ours.struct), STRUCT),
}


def values(result: Any) -> Any:
    """The columns of a frame, as lists of Python values; what is no frame as it is."""
    if isinstance(result, nw.LazyFrame):
        return result.collect().to_native().to_dict(as_series=False)
    return result.collect().to_dict() if isinstance(result, hr.LazyFrame) else result


def is_equal(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, float) and isinstance(ours, (int, float)):
        return math.isclose(theirs, ours, rel_tol=1e-12) or (math.isnan(theirs) and math.isnan(ours))
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return list(theirs) == list(ours) and all(is_equal(theirs[key], ours[key]) for key in theirs)
    if isinstance(theirs, list) and isinstance(ours, list):
        return len(theirs) == len(ours) and all(map(is_equal, theirs, ours))
    return theirs == ours


def check() -> tuple[list[str], int]:
    """What is wrong with the tables, and how many counterparts gave equal values."""
    wrong = []
    compared = 0
    for title, (theirs, ours, entries) in TABLES.items():
        public = sorted(name for name in dir(theirs) if not name.startswith("_"))
        if public != list(entries):
            wrong.append(f"{title}: Narwhals has {public}, the table {list(entries)}")
        for name, entry in entries.items():
            has_name = hasattr(ours, name)
            if has_name != (type(entry) is Same):
                wrong.append(
                    f"{title}.{name}: Headrace {'has' if has_name else 'lacks'} it, and the table says otherwise"
                )
            if not isinstance(entry, Same) or entry.check is None:
                continue
            try:
                left, right = map(values, entry.check())
            except Exception as error:
                wrong.append(f"{title}.{name}: {type(error).__name__}: {error}")
                continue
            compared += 1
            if not is_equal(left, right):
                wrong.append(f"{title}.{name}: Narwhals gives {left}, Headrace {right}")
    return wrong, compared


def counts(entries: dict[str, Any]) -> tuple[int, int, int, int]:
    """How many there are; that have the same name; another spelling; no counterpart. Without Narwhals' own."""
    kinds = [type(entry) for entry in entries.values() if not isinstance(entry, Own)]
    return len(kinds), kinds.count(Same), kinds.count(As), kinds.count(No)


def line_of(name: str, entry: Any) -> str:
    if isinstance(entry, (No, Own)):
        return f"| `{name}` | – | {entry.reason} |"
    spelling = f"`{entry.spelling}`" if isinstance(entry, As) else "the same"
    return f"| `{name}` | {spelling} | {entry.note} |"


def page(compared: int) -> str:
    rows = [(f"`{title}`", *counts(entries)) for title, (_, _, entries) in TABLES.items()]
    total = [sum(row[i] for row in rows) for i in range(1, 5)]
    own = [
        f"`{name}`" for _, _, entries in TABLES.values() for name, entry in entries.items() if isinstance(entry, Own)
    ]
    lines = [
        "# Beside Narwhals",
        "",
        "[Narwhals](https://narwhals-dev.github.io/narwhals/) is the interface by which libraries take frames of",
        "pandas, Polars, PySpark and others; its lazy operations are a fair list of what people expect. Here are",
        f"all of version {nw.__version__} with their counterparts. The tests read the names from Narwhals, and compare",
        f"the values of {compared} counterparts with Narwhals on Polars, on a small frame with nulls.",
        "",
        "| | operations | the same name | another spelling | none |",
        "| --- | --- | --- | --- | --- |",
        *(f"| {' | '.join(map(str, row))} |" for row in rows),
        f"| all | {' | '.join(map(str, total))} |",
        "",
        f"Not counted is what is about Narwhals itself: {', '.join(own)}. A spelling without `hr.` is SQL, as a text,",
        "which goes wherever an expression does, or begins with a point and is a method of the expression.",
    ]
    for title, (_, _, entries) in TABLES.items():
        lines += ["", f"## {title}", "", "| Narwhals | Headrace | |", "| --- | --- | --- |"]
        lines += [line_of(name, entry) for name, entry in entries.items()]
    return "\n".join(lines) + "\n"


def main() -> int:
    wrong, compared = check()
    for line in wrong:
        print(line, file=sys.stderr)
    sys.stdout.write(page(compared))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
