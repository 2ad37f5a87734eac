"""Random steps over small random tables give the same rows on Spark as on the native engine: with all steps that Spark
knows done by Spark, and with those at the end that a run leaves to its tasks done there, joins among them.

    random_plans.py [--plans N] [--seed S]

Run as cases_on_spark.py is. Rows are compared as multisets; aggregates of floats to 1e-12 of the magnitudes.
"""

from __future__ import annotations

import argparse
import datetime
import decimal
import math
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import case_files as files
import pyarrow as pa
from cases_on_spark import open_spark
from headrace.spark import _collect
from headrace.spark._session import open_session

import headrace as hr

ROWS = 40
VALUES: dict[str, tuple[Any, list[Any]]] = {
    "k": (pa.string(), [None, "", "a", "b", "A", "ab", "Zürich"]),
    "n": (pa.int64(), [None, -3, 0, 1, 2, 3, 7, 2**20]),
    "x": (pa.float64(), [None, float("nan"), float("-inf"), -0.0, 0.0, 0.1, 0.2, 1.5, -2.5, 1e3]),
    "m": (pa.decimal128(6, 2), [None, *map(decimal.Decimal, ("-1.50", "0.00", "0.01", "9999.99"))]),
    "d": (
        pa.date32(),
        [None, *map(datetime.date.fromisoformat, ("0001-01-01", "1969-12-31", "2012-02-29", "2013-07-01"))],
    ),
    "v": (pa.list_(pa.int64()), [None, [], [None], [1], [1, 2, 2], [7, None]]),
}  # fmt: skip
#: Conditions and expressions, by a column that they need. None of them fails.
CONDITIONS = {
    "k": ["k in ('a', 'b', '')", "not (k = 'a')", "hash_bucket(k, 3) <> 1", "k like '%a%' or k is null", "k > 'Z'"],
    "n": ["n > 1", "n <> 2", "n between 0 and 3 or n is null", "n % 2 = 1", "n in (1, 2, null)"],
    "x": ["x > 0.5", "x <> 1.5", "x <= 0.1 or x is null", "is_nan(x)", "not (x < 1.0)", "x in (0.0, 0.1)", "x >= 0.0"],
    "m": ["m > 0", "m between -1 and 5", "m <> decimal(3, 2) '0.01'"],
    "d": ["d < '2013-01-01'", "year(d) = 2012", "d is not null and day(d) > 1"],
    "v": ["list_length(v) > 1", "list_contains(v, 1)", "v is not null"],
}
EXPRESSIONS = {
    "k": ["upper(k)", "k || '-' || k", "substr(k, 1, 1)", "length(k)", "hash64(k)", "replace(k, 'a', 'bb')"],
    "n": ["n % 7", "coalesce(n, 0) - 5", "if_else(n > 1, n, -n)", "cast(n as string)", "n / 4", "n div 2"],
    "x": ["x * 0.5", "coalesce(x, 1.5)", "cast(x as string)", "greatest(x, 0.1)", "-x", "exp(x)"],
    "m": ["m * decimal(2, 1) '1.5'", "m + 1", "cast(m as float64)", "round(m, 1)"],
    "d": [
        "year(d)",
        "date_trunc('month', d)",
        "add_months(d, 1)",
        "cast(d as timestamp)",
        "date_diff(d, date '2000-01-01')",
    ],
    "v": ["list_length(v)", "list_get(v, 0)", "coalesce(v, [5])"],
}  # fmt: skip
EXACT = [
    "count()",
    "count(n)",
    "count_distinct(x)",
    "sum(n)",
    "min(x)",
    "max(x)",
    "min(k)",
    "max(d)",
    "sum(m)",
    "max(m)",
]
APPROXIMATE = ["sum(x)", "mean(x)", "mean(n)", "variance(x)", "stddev_pop(n)", "mean(m)"]


class Frames:
    """Tables in files, and random frames over them, with what was done as text."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.random = random.Random(seed)
        self.steps: list[str] = []
        self.tables = [self._table(folder / str(i)) for i in range(3)]

    def _table(self, folder: Path) -> hr.LazyFrame:
        columns = {}
        for name, (kind, values) in VALUES.items():
            # A few columns without nulls, which files then say.
            is_null = self.random.random() < 0.7
            known = values if is_null else values[1:]
            values = [self.random.choice(known) for _ in range(self.random.choice([0, ROWS, ROWS, ROWS]))]
            columns[name] = (pa.field(name, kind, nullable=is_null), values)
        length = min(len(values) for _, values in columns.values())
        arrays = [pa.array(values[:length], f.type) for f, values in columns.values()]
        rows = pa.table(arrays, schema=pa.schema([f for f, _ in columns.values()]))
        made = hr.from_arrow(rows).sink_parquet(folder, row_group_rows=7, progress=False)
        (shard,) = made.report["outputs"][0]["parts"][0]["shards"]
        return hr.scan_parquet(folder / shard["file"])

    def frame(self) -> hr.LazyFrame:
        """A few steps over one of the tables."""
        start = self.random.randrange(len(self.tables))
        self.steps.append(f"table {start}")
        frame = self.tables[start]
        for _ in range(self.random.randint(1, 5)):
            frame = self._step(frame)
        return frame

    def _step(self, frame: hr.LazyFrame) -> hr.LazyFrame:
        kinds = ["filter", "with_columns", "with_columns", "join", "unique", "top", "concat", "explode"]
        kind = self.random.choice(kinds)
        made, text = getattr(self, f"_{kind}")(frame)
        self.steps.append(f"{kind} {text}")
        return made

    def _column(self, frame: hr.LazyFrame, known: dict[str, Any]) -> str:
        """A column that still has the type that it had at first."""
        first = self.tables[0].schema
        names = [name for name in known if name in frame.columns and frame.schema[name] == first[name]]
        return self.random.choice(names) if names else ""

    def _filter(self, frame: hr.LazyFrame) -> tuple[hr.LazyFrame, str]:
        column = self._column(frame, CONDITIONS)
        condition = self.random.choice(CONDITIONS[column]) if column else "true"
        return frame.filter(condition), condition

    def _with_columns(self, frame: hr.LazyFrame) -> tuple[hr.LazyFrame, str]:
        column = self._column(frame, EXPRESSIONS)
        expression = self.random.choice(EXPRESSIONS[column]) if column else "1"
        name = self.random.choice([f"made{len(self.steps)}", column or "one"])
        return frame.with_columns(**{name: expression}), f"{name} = {expression}"

    def _join(self, frame: hr.LazyFrame) -> tuple[hr.LazyFrame, str]:
        right = self.random.choice(self.tables)
        names = [name for name in "knxmd" if name in frame.columns and frame.schema[name] == right.schema[name]]
        if not names:
            return frame, "nothing"
        on = self.random.sample(names, k=min(len(names), self.random.choice([1, 1, 2])))
        how = self.random.choice(["inner", "left", "semi", "anti"])
        validate = "m:m"
        if how in ("inner", "left"):
            # No more rows than there were.
            right = right.unique(on, keep="last", order_by=[name for name in "knxmd" if name not in on])
            validate = self.random.choice(["m:m", "m:1"])
        suffix = f"_right{len(self.steps)}"
        return frame.join(right, on, how, suffix=suffix, validate=validate), f"{how} on {on}, {validate}"

    def _unique(self, frame: hr.LazyFrame) -> tuple[hr.LazyFrame, str]:
        names = [name for name in "knxmd" if name in frame.columns]
        keys = self.random.sample(names, k=min(2, len(names)))
        order = self.random.choice([name for name in names if name not in keys] or names)
        keep = self.random.choice(["first", "last"])
        return frame.unique(keys, keep=keep, order_by=order), f"{keys}, {keep} by {order}"

    def _top(self, frame: hr.LazyFrame) -> tuple[hr.LazyFrame, str]:
        """Rows in the order of all columns: those that tie are equal, as none is a list or has a zero with a sign."""
        plain = [name for name, dtype in frame.schema.items() if not dtype.startswith(("list", "struct"))]
        made = {name: f"`{name}` + 0.0" if frame.schema[name] == "float64" else f"`{name}`" for name in plain}
        turned = [self.random.random() < 0.5 for _ in plain]
        rows, offset = self.random.choice([(5, 0), (30, 2), (7, 7)])
        return frame.select(**made).sort(plain, descending=turned).limit(rows, offset=offset), f"{rows} after {offset}"

    def _concat(self, frame: hr.LazyFrame) -> tuple[hr.LazyFrame, str]:
        other = self.random.choice(self.tables)
        shared = [name for name in other.columns if name in frame.columns and frame.schema[name] == other.schema[name]]
        return frame.concat(other.select(*shared), fill_missing=True) if shared else frame, str(shared)

    def _explode(self, frame: hr.LazyFrame) -> tuple[hr.LazyFrame, str]:
        lists = [name for name, dtype in frame.schema.items() if dtype.startswith("list<")]
        if not lists:
            return frame, "nothing"
        keep = self.random.random() < 0.5
        return frame.explode(lists[0], keep_empty=keep), f"{lists[0]}, keep_empty={keep}"

    def grouped(self, frame: hr.LazyFrame) -> tuple[hr.LazyFrame, list[str], list[str]]:
        """The frame with groups at its end, its keys, and the columns that are equal but for their last bits."""
        first = self.tables[0].schema
        known = [name for name in "knxmd" if name in frame.columns and frame.schema[name] == first[name]]
        calls = [call for call in EXACT + APPROXIMATE if call[-2] == "(" or call[call.index("(") + 1 : -1] in known]
        chosen = self.random.sample(calls, k=min(3, len(calls)))
        keys = self.random.sample(known, k=min(self.random.choice([0, 1, 2]), len(known)))
        self.steps.append(f"group_by {keys}: {chosen}")
        made = {f"made_{i}": call for i, call in enumerate(chosen)}
        approximate = [name for name, call in made.items() if call in APPROXIMATE]
        return frame.group_by(*keys).agg(**made), keys, approximate


def difference(native: hr.DataFrame, spark: hr.DataFrame, approximate: list[str]) -> str:
    """The first thing that differs, if any does."""
    if dict(native.schema) != dict(spark.schema):
        return f"{native.schema} natively, {spark.schema} on Spark"
    places = [i for i, name in enumerate(native.columns) if name in approximate]
    exact = [
        sorted((tuple(c for i, c in enumerate(row) if i not in places), [row[i] for i in places]) for row in rows)
        for rows in (files.cell_texts(native), files.cell_texts(spark))
    ]
    counts = [Counter(cells for cells, _ in rows) for rows in exact]
    if counts[0] != counts[1]:
        return f"natively {list(counts[0] - counts[1])[:3]}, on Spark {list(counts[1] - counts[0])[:3]}"
    for (cells, first), (_, second) in zip(*exact, strict=True):
        if not all(map(_is_near, first, second)):
            return f"{cells}: natively {first}, on Spark {second}"
    return ""


def _is_near(first: str, second: str) -> bool:
    if first == second:
        return True
    if "null" in (first, second):
        return False
    # Values of up to 2^20 may cancel out.
    return math.isclose(float(first), float(second), rel_tol=1e-12, abs_tol=1e-12 * 2.0**20 * ROWS)


def main(words: list[str], session: Any) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--plans", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(words)
    began = time.monotonic()
    wrong = 0
    with tempfile.TemporaryDirectory() as root, open_session(session):
        for seed in range(options.seed, options.seed + options.plans):
            frames = Frames(Path(root) / str(seed), seed)
            frame, approximate = frames.frame(), []
            if seed % 2:
                frame, _, approximate = frames.grouped(frame)
            try:
                native, kept = frame.collect(), f"{root}/{seed}-kept"
                found = difference(native, _collect.collect(frame, session), approximate)
                in_tasks = _collect.collect_plan(_collect.plan_of(frame, session, folder=kept), in_tasks=True)
                found = found or difference(native, in_tasks, approximate)
            except Exception as error:
                found = f"{type(error).__name__}: {error}"
            if found:
                wrong += 1
                print(f"DIFFERS seed {seed}: {found}\n  " + "\n  ".join(frames.steps), flush=True)
    print(f"{options.plans} plans, {wrong} differ, {time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], open_spark()))
