"""Parquet shards are written by our own code: pyarrow and DuckDB must read the same tables from them."""

import datetime
import json
import random

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tests.conftest import headrace, shard_files, write_copying_pipeline


def shapes(rng, rows):
    """Columns by name: every type, with and without nulls, as ids, runs, ascending numbers, few and many values."""

    def column(kind, draw, null_rate):
        return pa.array([None if rng.random() < null_rate else draw(i) for i in range(rows)], kind)

    day = datetime.date(2026, 1, 1)
    noon = datetime.datetime(2026, 1, 1, 12)
    draws = {
        "flag": (pa.bool_(), lambda i: rng.random() < 0.1),
        "tiny": (pa.int8(), lambda i: rng.randrange(-128, 128)),
        "small": (pa.int16(), lambda i: rng.randrange(40)),
        "id": (pa.int32(), lambda i: i // 1000),
        "key": (pa.int64(), lambda i: 1_000_000_007 + 3 * i),
        "wide": (pa.int64(), lambda i: rng.getrandbits(64) - 2**63),
        "few": (pa.float32(), lambda i: rng.randrange(100) / 8),
        "many": (pa.float32(), lambda i: float(rng.randrange(2**24))),
        "double": (pa.float64(), lambda i: rng.choice([rng.random(), -0.0, float("nan"), float("inf")])),
        "word": (pa.string(), lambda i: f"wörd {rng.randrange(50)}"),
        "text": (pa.string(), lambda i: "x" * rng.randrange(30) + str(rng.random())),
        "bytes": (pa.binary(), lambda i: rng.randbytes(rng.randrange(5))),
        "day": (pa.date32(), lambda i: day + datetime.timedelta(days=rng.randrange(900))),
        "time": (pa.timestamp("us", tz="UTC"), lambda i: noon + datetime.timedelta(microseconds=rng.getrandbits(45))),
        "wall": (pa.timestamp("us"), lambda i: noon + datetime.timedelta(seconds=i)),
        "ids": (pa.list_(pa.int64()), lambda i: [rng.randrange(9) for _ in range(rng.randrange(4))]),
        "tags": (pa.list_(pa.string()), lambda i: rng.choice([[], ["a", None], ["b", "c", "a"]])),
        "hot": (pa.list_(pa.float32(), 5), lambda i: [float(rng.random() < 0.2) for _ in range(5)]),
    }
    columns = {}
    for name, (kind, draw) in draws.items():
        for suffix, null_rate in (("", 0.0), ("_null", 0.2)):
            columns[name + suffix] = column(kind, draw, null_rate)
    columns["nothing"] = pa.nulls(rows, pa.int64())
    return columns


def test_pyarrow_and_duckdb_read_what_is_written(tmp_path):
    rng = random.Random(3)
    table = pa.table(shapes(rng, 40_000))
    source = tmp_path / "source.parquet"
    pq.write_table(table, source)
    for compression in ("", "zstd"):
        out = tmp_path / f"out-{compression}"
        words = f", compression: {compression}" if compression else ""
        output = f"{{path: {out}, format: parquet{words}}}"
        pipeline = write_copying_pipeline(tmp_path, f"{{path: {source}}}", table.column_names, output)
        headrace("run", pipeline, "--quiet")
        part = json.loads((out / "manifest.json").read_text())["parts"][0]["name"]
        files = shard_files(out, part)

        read = pa.concat_tables(pq.read_table(file, page_checksum_verification=True) for file in files)
        assert read.schema.names == table.schema.names
        for name in table.column_names:
            assert same(read[name], table[name]), name

        scanned = read_by_duckdb(files)
        for name in table.column_names:
            assert same(scanned[name].cast(table.schema.field(name).type), table[name]), name


def read_by_duckdb(files):
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    return connection.sql("select * from read_parquet($files)", params={"files": files}).to_arrow_table()


def same(left, right):
    """Equal values; NaN equals NaN, which Array.equals() denies."""
    left, right = left.combine_chunks(), right.combine_chunks()
    if pa.types.is_floating(left.type):
        return [repr(value) for value in left.to_pylist()] == [repr(value) for value in right.to_pylist()]
    return left.to_pylist() == right.to_pylist()


def test_flights_shards_hold_the_same_for_pyarrow_and_duckdb(flights_out):
    for part in ("train", "eval"):
        for file in shard_files(flights_out / "parquet", part):
            ours = pq.read_table(file)
            theirs = read_by_duckdb([file])
            for name in ours.column_names:
                assert same(theirs[name].cast(ours.schema.field(name).type), ours[name]), name
