"""Rows go from library to library through ours and come back equal; run by interop_test.py in an environment of theirs.

Prints one line of JSON: how many values were compared, and which columns crossed without a copy.
"""

import datetime
import decimal
import json

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa

import headrace as hr

ROWS = 10_000


def make_table(with_nulls: bool) -> pa.Table:
    def column(values, dtype):
        return pa.array([None if with_nulls and i % 7 == 3 else values(i) for i in range(ROWS)], dtype)

    day = datetime.date(2013, 1, 1)
    noon = datetime.datetime(2013, 1, 1, 12)
    return pa.table(
        {
            "i8": column(lambda i: i % 100, pa.int8()),
            "i32": column(lambda i: i - 5000, pa.int32()),
            "i64": column(lambda i: i * 10**12, pa.int64()),
            "f32": column(lambda i: i / 8, pa.float32()),
            "f64": column(lambda i: i / 3, pa.float64()),
            "flag": column(lambda i: i % 3 == 0, pa.bool_()),
            "text": column(lambda i: f"t{i}ü", pa.string()),
            "bytes": column(lambda i: bytes([i % 256, 0]), pa.binary()),
            "day": column(lambda i: day + datetime.timedelta(days=i), pa.date32()),
            "time": column(lambda i: noon + datetime.timedelta(microseconds=i), pa.timestamp("us")),
            "instant": column(
                lambda i: (noon + datetime.timedelta(hours=i)).replace(tzinfo=datetime.UTC), pa.timestamp("us", "UTC")
            ),
            "price": column(lambda i: decimal.Decimal(i) / 100, pa.decimal128(12, 2)),
            "ids": column(lambda i: list(range(i % 4)), pa.list_(pa.int64())),
        }
    )


def through(library: str, rows: hr.DataFrame) -> pa.Table:
    """The rows after a visit to another library, and another to ours."""
    if library == "pyarrow":
        return hr.from_arrow(pa.table(rows)).collect().to_arrow()
    if library == "polars":
        return hr.from_arrow(rows.to_polars()).collect().to_arrow()
    if library == "pandas":
        frame = rows.to_arrow().to_pandas(types_mapper=pd.ArrowDtype)
        return hr.from_arrow(frame).collect().to_arrow()
    assert library == "duckdb"
    return hr.from_arrow(duckdb.sql("select * from rows")).collect().to_arrow()


def main() -> None:
    compared = 0
    for with_nulls in (False, True):
        table = make_table(with_nulls)
        rows = hr.from_arrow(table).collect()
        for library in ("pyarrow", "polars", "pandas", "duckdb"):
            back = through(library, rows)
            assert back.column_names == table.column_names, library
            for name in table.column_names:
                ours, theirs = back.column(name).to_pylist(), table.column(name).to_pylist()
                assert ours == theirs, (library, name, with_nulls)
                assert str(back.schema.field(name).type).replace("element", "item") == str(
                    table.schema.field(name).type
                ).replace("element", "item"), (library, name, back.schema.field(name).type)
                compared += len(ours)
    # A frame of Polars whose numbers crossed: at the same place before and after.
    series = pl.DataFrame({"n": pl.Series(range(ROWS), dtype=pl.Int64)})
    arrived = hr.from_arrow(series).collect().to_arrow()
    same = arrived.column("n").chunk(0).buffers()[1].address == series["n"].to_arrow().buffers()[1].address
    print(json.dumps({"compared": compared, "polars_numbers_shared": same}))


if __name__ == "__main__":
    main()
