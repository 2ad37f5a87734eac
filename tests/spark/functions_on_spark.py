"""Functions that Spark computes give what the native engine gives, over columns of values at the corners of types.

    functions_on_spark.py [TYPE...]

Run as cases_on_spark.py is. Rows that fail natively have to fail on Spark; the first and the last of them are tried.
"""

from __future__ import annotations

import datetime
import decimal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import case_files as files
import pyarrow as pa
from cases_on_spark import open_spark
from headrace._errors import HeadraceError
from headrace.spark import _collect
from headrace.spark._errors import headrace_error
from headrace.spark._session import open_session

import headrace as hr

NAN, INF = float("nan"), float("inf")
D = decimal.Decimal
UTC = datetime.UTC
FLOATS = [
    None, NAN, INF, -INF, -0.0, 0.0, 0.5, -0.5, 1.0, 1.5, 2.5, -2.5, 1.005, 2.675, 0.49999999999999994, 5e-324, 1e-3,
    1.7976931348623157e308, 9007199254740993.0, 9.223372036854775807e18, -9.223372036854775808e18, 4503599627370497.5,
    1e7, 2147483647.5, 2147483648.0, -1e300, 127.9, 0.1,
]  # fmt: skip
TEXTS = [
    None, "", " ", "a", "A", "abc", "ABC", " a b ", "it's", "Zürich", "東京", "😀x", "é", "é", "Straße", "İ", "ŉ",
    "ΟΔΟΣ", "ﬁ", "\t", "\n", "a\\b", "a%b", "a_b", "a.b.c", "aaa", "a\0b", "NaN", "1", " 12 ", "-0", "+5", "1.5",
    "true", "T", "2147483648", "128", "\t7\n", "\x0b8", "\u00a09", "\u2003a\u2003", "no",
]  # fmt: skip
DAYS = [
    None, "0001-01-01", "1582-10-10", "1600-02-29", "1899-12-31", "1969-12-31", "1970-01-01", "2012-02-29",
    "2013-01-31", "2020-12-31", "2021-01-03", "9999-12-31",
]  # fmt: skip
MOMENTS = [
    None, "0001-01-01T00:00:00", "1582-10-10T12:30:00", "1883-11-18T12:03:58", "1969-12-31T23:59:59.999999",
    "1970-01-01T00:00:00", "2012-02-29T23:59:59.500000", "2013-01-01T05:00:00.000001", "9999-12-31T23:59:59.999999",
]  # fmt: skip


def _integers(bits: int) -> list[int | None]:
    edge = 1 << (bits - 1)
    return [None, -edge, 1 - edge, -100, -7, -1, 0, 1, 2, 7, 100, edge - 1]


#: The values of a type, and how pyarrow calls it.
VALUES: dict[str, tuple[Any, list[Any]]] = {
    "bool": (pa.bool_(), [None, True, False]),
    "int8": (pa.int8(), _integers(8)),
    "int16": (pa.int16(), _integers(16)),
    "int32": (pa.int32(), _integers(32)),
    "int64": (pa.int64(), _integers(64)),
    "float32": (pa.float32(), [x if x is None or abs(x) != 1e300 else 1e30 for x in FLOATS if x != FLOATS[17]]),
    "float64": (pa.float64(), FLOATS),
    "decimal(5, 2)": (
        pa.decimal128(5, 2),
        [None, *map(D, ("-999.99", "-2.50", "-0.01", "0.00", "1.25", "1.35", "999.99"))],
    ),
    "decimal(38, 10)": (
        pa.decimal128(38, 10),
        [None, *map(D, ("-9999999999999999999999999999.9999999999", "-1.5", "0", "0.0000000001", "12345678901.5"))],
    ),
    "string": (pa.string(), TEXTS),
    "binary": (pa.binary(), [None, b"", b"\0", b"abc", b"\xff\xfe", "é".encode()]),
    "date": (pa.date32(), [day and datetime.date.fromisoformat(day) for day in DAYS]),
    "timestamp": (
        pa.timestamp("us", "UTC"),
        [text and datetime.datetime.fromisoformat(text).replace(tzinfo=UTC) for text in MOMENTS],
    ),
    "timestamp_ntz": (pa.timestamp("us"), [text and datetime.datetime.fromisoformat(text) for text in MOMENTS]),
    "list<int64>": (pa.list_(pa.int64()), [None, [], [None], [1], [1, None, 7], [7, 7, -1]]),
    "list<float64>": (pa.list_(pa.float64()), [None, [], [NAN], [-0.0], [0.0, None], [1.5, INF]]),
    "list<string>": (pa.list_(pa.string()), [None, [], [""], ["a", None], ["a", "b"]]),
}  # fmt: skip

COMPARISONS = [
    "a = b", "a <> b", "a < b", "a <= b", "a > b", "a >= b", "a between b and a", "b not between a and b",
    "a in (b)", "a not in (b, null)", "a is null", "a is not null", "greatest(a, b)", "least(a, b)", "nullif(a, b)",
    "coalesce(a, b)", "if_else(a = b, a, b)", "case when a > b then a when a < b then b end",
    "case a when b then 1 else 2 end", "a = b and a < b or a > b", "not (a = b)",
]  # fmt: skip
NUMBERS = [
    "a + b", "a - b", "a * b", "a / b", "a % b", "a div b", "-a", "abs(a)", "sign(a)", "sqrt(a)", "floor(a)", "ceil(a)",
    "trunc(a)", "round(a)", "round(a, 1)", "round(a, 2)", "round(a, -1)", "round(a, -3)", "round(a, 20)", "is_nan(a)",
    "a + 1", "a * 1.5", "a / 3", "a % 7", "a > 1.5", "a = 7", "a in (1, 2, 7, null)",
    "a in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100)", "a in (0.0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 2.5)", "exp(a)", "ln(a)",
]  # fmt: skip
TYPES = [*VALUES][:9] + ["date", "timestamp", "timestamp_ntz", "string"]
CASTS = [f"{cast}(a as {dtype})" for cast in ("cast", "try_cast") for dtype in TYPES]
ONE_TEXT = [
    "length(a)", "lower(a)", "upper(a)", "reverse(a)", "trim(a)", "ltrim(a)", "rtrim(a)", "trim(a, 'a ')",
    *[f"substr(a, {start})" for start in (-2, 0, 1, 2, 9)],
    *[f"substr(a, {start}, {count})" for start in (-2, 0, 1, 2, 9) for count in (-1, 0, 1, 2, 2147483647, 2147483648)],
    *[f"{name}(a, {count})" for name in ("left", "right", "repeat", "lpad", "rpad") for count in (-1, 0, 1, 2, 5)],
    *[f"{name}(a, {count}, '{pad}')" for name in ("lpad", "rpad") for count in (0, 1, 4) for pad in ("", "東", "ab")],
    "replace(a, 'a')", "replace(a, '', 'x')", "replace(a, 'a', 'é')", "replace(a, '東', '')", "position('', a)",
    *[f"split(a, '{separator}')" for separator in ("", " ", ".", "a", "\\", "aa", "|", "[")],
    *[f"split_part(a, '{part}', {n})" for part in ("", ".", "a", "aa") for n in (-4, -2, -1, 1, 2, 3)],
    *[f"a like '{p}'" for p in ("", "%", "_", "__", "a%", "%a", "%a%", "a\\%b", "a\\_b", "a\\\\b", "%\\\\%", "a.b%",
                                "_x", "%b", "a%b", "a_b", "%\n", "^a", "abc")],
    "concat_ws('-', a, null, a)", "a || '-' || a", "a in ('a', '', 'é')", "a = 'a'",
    "a in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', '')", "cast(a as binary)",
    "list_length(split(a, 'a'))",
]  # fmt: skip
TWO_TEXTS = [
    "concat(a, b)", "concat_ws(',', a, b)", "contains(a, b)", "starts_with(a, b)", "ends_with(a, b)", "position(b, a)",
    "replace(a, b, '-')", "replace(a, 'a', b)", "split_part(a, b, 1)", "split_part(a, b, -1)",
]  # fmt: skip
PARTS = ["year", "quarter", "month", "week", "day", "day_of_week", "day_of_year", "weekday", "hour", "minute", "second"]
UNITS = ["year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond"]
DATES = [*[f"{part}(a)" for part in PARTS], "to_date(a)", *[f"date_trunc('{unit}', a)" for unit in UNITS[:5]]]
ONLY_DATES = [
    *[f"date_add(a, {n})" for n in (-1, 0, 1, 365, 2147483647, 2147483648)], "date_diff(a, b)", "a = '2013-01-31'",
    *[f"add_months(a, {n})" for n in (-13, -1, 0, 1, 12, 100000, 2147483648)], "a in ('2013-01-31', '1970-01-01')",
]  # fmt: skip
MOMENT = [
    *[f"date_trunc('{unit}', a)" for unit in UNITS[5:]], *[f"timestamp_add('{unit}', 1, a)" for unit in UNITS],
    *[f"timestamp_diff('{unit}', a, b)" for unit in UNITS], "a > '2013-01-01'",
]  # fmt: skip
INSTANT = ["unix_seconds(a)", "unix_micros(a)"]
LISTS = ["list_length(a)", *[f"list_get(a, {n})" for n in (-1, 0, 1, 5)]]


def expressions_of(dtype: str) -> list[str]:
    """What is computed of columns a and b of a type."""
    if dtype.startswith("list"):
        value = {"list<int64>": "7", "list<float64>": "0.0", "list<string>": "'a'"}[dtype]
        more = [f"list_contains(a, {value})", "list_contains(a, list_get(b, 0))", f"coalesce(a, [{value}])"]
        return [*LISTS, *more, "struct_field(named_struct('x', a, 'y', list_get(b, 0)), 'y')", "named_struct('x', a)"]
    made = [*COMPARISONS, *CASTS, "struct_field(named_struct('x', a, 'y', b), 'y')"]
    if dtype == "bool":
        made += ["a and b", "a or b", "not a", "a and b and a", "a or b or a", "if_else(a, b, not b)"]
    elif dtype.startswith(("int", "float", "decimal")):
        made += NUMBERS
    elif dtype == "string":
        made += [*ONE_TEXT, *TWO_TEXTS]
    elif dtype == "binary":
        made += ["length(a)"]
    else:
        made += [*DATES, *(ONLY_DATES if dtype == "date" else MOMENT), *(INSTANT if dtype == "timestamp" else [])]
    return made + (["make_date(a, b, 29)", "make_date(2012, a, b)"] if dtype == "int64" else [])


class Table:
    """All pairs of the values of a type, as a Parquet file, with what the native engine makes of each."""

    def __init__(self, dtype: str, folder: Path) -> None:
        kind, values = VALUES[dtype]
        pairs = [(a, b) for a in values for b in values]
        self.rows = pa.table(
            {
                "row": range(len(pairs)),
                "a": pa.array([a for a, _ in pairs], kind),
                "b": pa.array([b for _, b in pairs], kind),
            }
        )
        self.folder = folder

    def native(self, expression: str) -> tuple[list[tuple[int, str]], list[int]] | None:
        """The value in each row that has one, and the rows that have none; nothing where there is no such function."""
        try:
            hr.from_arrow(self.rows).select(e=expression)
        except HeadraceError:
            return None
        values: list[tuple[int, str]] = []
        failed: list[int] = []
        parts = [(0, self.rows.num_rows)]
        while parts:
            begin, end = parts.pop()
            try:
                found = hr.from_arrow(self.rows.slice(begin, end - begin)).select("row", e=expression).collect()
            except HeadraceError:
                if end - begin == 1:
                    failed.append(begin)
                else:
                    parts += [((begin + end) // 2, end), (begin, (begin + end) // 2)]
                continue
            values += [(int(row), cell) for row, cell in files.cell_texts(found)]
        return values, failed

    def scan(self, name: str, **columns: Any) -> hr.LazyFrame:
        """The rows, and columns that say which of them an expression has a value for, in a file."""
        table = self.rows
        for column, values in columns.items():
            table = table.append_column(column, pa.array(values))
        made = hr.from_arrow(table).sink_parquet(self.folder / name, row_group_rows=100, progress=False)
        (shard,) = made.report["outputs"][0]["parts"][0]["shards"]
        return hr.scan_parquet(self.folder / name / shard["file"])


def check_type(session: Any, dtype: str, folder: Path) -> tuple[int, list[str], list[str]]:
    """How many expressions Spark computes, which it does not, and what differs."""
    table = Table(dtype, folder)
    plain = table.scan("plain")
    wanted: dict[str, list[tuple[int, str]]] = {}
    failing: dict[str, list[int]] = {}
    unmapped = []
    for expression in dict.fromkeys(expressions_of(dtype)):
        native = table.native(expression)
        if native is None:
            continue
        plan = _collect.plan_of(plain.select("row", e=expression), session)
        if all(plan.is_mapped(node) for node in plan.nodes if node["kind"] == "project"):
            wanted[expression], failing[expression] = native
        else:
            unmapped.append(expression)
    guards = {}
    columns = {}
    for i, (expression, failed) in enumerate(failing.items()):
        if failed:
            rows = set(failed)
            guards[f"ok{i}"] = [row not in rows for row in range(table.rows.num_rows)]
            expression = f"if_else(ok{i}, {expression}, null)"
        columns[f"e{i}"] = expression
    wrong = []
    guarded = table.scan("guarded", **guards)
    cells = _cells(session, guarded, columns, wrong)
    pairs = {int(row): cells for row, *cells in files.cell_texts(hr.from_arrow(table.rows).collect())}
    for i, (expression, values) in enumerate(wanted.items()):
        found = cells.get(f"e{i}", {})
        differing = [(row, cell, found[row]) for row, cell in values if found.get(row, cell) != cell]
        for row, cell, other in differing[:3]:
            a, b = pairs[row]
            wrong.append(f"{dtype}: {expression} where a = {a!r}, b = {b!r}: {cell!r}, on Spark {other!r}")
        if len(differing) > 3:
            wrong.append(f"  and {len(differing) - 3} rows more")
        for row in dict.fromkeys(failing[expression][:1] + failing[expression][-1:]):
            plan = _collect.plan_of(plain.filter(f"row = {row}").select(e=expression), session)
            try:
                value = plan.frame(plan.roots[0]).collect()
                wrong.append(f"{dtype}: {expression} where a, b = {pairs[row]}: fails, on Spark {value}")
            except Exception as error:
                if headrace_error(error).code != "bad_data":
                    raise
    return len(wanted), unmapped, wrong


def _cells(session: Any, frame: hr.LazyFrame, columns: dict[str, str], wrong: list[str]) -> dict[str, dict[int, str]]:
    """The values that Spark gives, by column and row. Columns that cannot be made are told."""
    try:
        rows = files.cell_texts(_collect.collect(frame.select("row", **columns), session))
    except HeadraceError as error:
        if len(columns) == 1:
            wrong.append(f"{columns}: {error.message}")
            return {}
        names = list(columns)
        found = {}
        for half in (names[: len(names) // 2], names[len(names) // 2 :]):
            found |= _cells(session, frame, {name: columns[name] for name in half}, wrong)
        return found
    return {name: {int(row[0]): row[i + 1] for row in rows} for i, name in enumerate(columns)}


def main(types: list[str], session: Any) -> int:
    began = time.monotonic()
    count, wrong = 0, []
    with tempfile.TemporaryDirectory() as root, open_session(session):
        for dtype in types or VALUES:
            folder = Path(root) / str(len(list(Path(root).iterdir())))
            mapped, unmapped, differing = check_type(session, dtype, folder)
            print(f"{dtype}: {mapped} expressions by Spark, by tasks: {'; '.join(unmapped)}", flush=True)
            for line in differing:
                print(f"DIFFERS {line}", flush=True)
            count += mapped
            wrong += differing
    print(f"{count} expressions, {len(wrong)} differences, {time.monotonic() - began:.0f} s")
    return 1 if wrong or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], open_spark()))
