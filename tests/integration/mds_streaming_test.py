"""MosaicML Streaming, in its own environment, reads the MDS folders that we write, and we read those that it writes."""

import datetime
import json
import pickle
import random
import subprocess
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import HEADRACE, ROOT, write_copying_pipeline

STREAMING_PYTHON = ROOT / "build" / "envs" / "mds" / "bin" / "python"


def streaming(*arguments):
    script = Path(__file__).with_name("mds_streaming.py")
    done = subprocess.run([STREAMING_PYTHON, script, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def copy(folder, source, out_format, columns, schema=None):
    """Runs a pipeline that copies `columns`; returns the result and the output's folder."""
    declared = f", schema: {json.dumps(schema)}" if schema else ""
    out = folder / "out"
    output = f"{{path: {out}, format: {out_format}, shards: 3}}"
    pipeline = write_copying_pipeline(folder, f"{{path: {source}{declared}}}", columns, output)
    return subprocess.run([HEADRACE, "run", pipeline, "--quiet"], capture_output=True, text=True), out


def part_of(out):
    """The folder of the output's one part."""
    (part,) = json.loads((out / "manifest.json").read_text())["parts"]
    return (out / part["shards"][0]["file"]).parent


def written_table(rows):
    rng = random.Random(5)
    day = datetime.date(2026, 1, 1)
    noon = datetime.datetime(2026, 1, 1, 12)
    draws = {
        "flag": (pa.bool_(), lambda i: rng.random() < 0.3),
        "tiny": (pa.int8(), lambda i: rng.randrange(-128, 128)),
        "small": (pa.int16(), lambda i: rng.randrange(-(2**15), 2**15)),
        "id": (pa.int32(), lambda i: i - 500),
        "wide": (pa.int64(), lambda i: rng.getrandbits(64) - 2**63),
        "single": (pa.float32(), lambda i: float(rng.randrange(2**24))),
        "double": (pa.float64(), lambda i: rng.choice([rng.random(), -0.0, float("inf")])),
        "text": (pa.string(), lambda i: "ö" * rng.randrange(9)),
        "raw": (pa.binary(), lambda i: rng.randbytes(rng.randrange(5))),
        "price": (pa.decimal128(20, 3), lambda i: Decimal(rng.randrange(-(10**9), 10**9)) / 1000),
        "day": (pa.date32(), lambda i: day + datetime.timedelta(days=rng.randrange(-90000, 900))),
        "time": (pa.timestamp("us", tz="UTC"), lambda i: noon + datetime.timedelta(microseconds=rng.getrandbits(45))),
        "wall": (pa.timestamp("us"), lambda i: noon + datetime.timedelta(seconds=i)),
        "ids": (pa.list_(pa.int64()), lambda i: list(range(rng.choice([0, 1, 5, 300])))),
        "long": (pa.list_(pa.float32()), lambda i: [0.5] * (70_000 if i == 77 else 1)),
        "flags": (pa.list_(pa.bool_()), lambda i: [rng.random() < 0.5 for _ in range(i % 4)]),
        "hot": (pa.list_(pa.float32(), 5), lambda i: [float(rng.random() < 0.2) for _ in range(5)]),
        "grid": (pa.list_(pa.list_(pa.int16(), 3), 2), lambda i: [[i, 1, 2], [3, 4, 5]]),
    }
    return pa.table({name: pa.array([draw(i) for i in range(rows)], kind) for name, (kind, draw) in draws.items()})


def as_streaming(kind, value):
    """What StreamingDataset gives for a value that pyarrow gives."""
    if pa.types.is_boolean(kind):
        return np.uint8(value)
    if pa.types.is_date(kind):
        return np.int32((value - datetime.date(1970, 1, 1)).days)
    if pa.types.is_timestamp(kind):
        naive = value.replace(tzinfo=None) - datetime.datetime(1970, 1, 1)
        return np.int64(naive // datetime.timedelta(microseconds=1))
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        leaf = kind
        while pa.types.is_nested(leaf):
            leaf = leaf.value_type
        return np.array(value, np.uint8 if pa.types.is_boolean(leaf) else leaf.to_pandas_dtype())
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return kind.to_pandas_dtype()(value)
    return value


def same(left, right):
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.shape == right.shape and np.array_equal(left, right)
    if isinstance(left, np.generic):
        return left.dtype == right.dtype and left.tobytes() == right.tobytes()
    return left == right


def test_streaming_reads_what_is_written(tmp_path):
    table = written_table(1000)
    pq.write_table(table, tmp_path / "source.parquet")
    done, out = copy(tmp_path, tmp_path / "source.parquet", "mds", table.column_names)
    assert done.returncode == 0, done.stderr
    streaming("read", part_of(out), tmp_path / "samples.pickle")
    by_place, streamed = pickle.loads((tmp_path / "samples.pickle").read_bytes())
    assert len(by_place) == table.num_rows
    assert sorted(sample["id"] for sample in streamed) == sorted(sample["id"] for sample in by_place)
    for row, sample in zip(table.to_pylist(), by_place, strict=True):
        assert sorted(sample) == sorted(table.column_names)
        for field in table.schema:
            expected = as_streaming(field.type, row[field.name])
            assert same(sample[field.name], expected), (field.name, sample[field.name], expected)


ENCODINGS = {
    **{name: name for name in ("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64", "int")},
    **{name: name for name in ("float16", "float32", "float64", "str", "bytes", "str_int", "str_float")},
    "price": "str_decimal",
    "document": "json",
    "flag": "uint8",
    "grid": "ndarray:float32:2,3",
    "ids": "ndarray:int64",
    "halves": "ndarray:float16",
    "unsigned": "ndarray:uint32:4",
}
DECLARED = {
    "uint8": "int16", "uint16": "int32", "uint32": "int64", "uint64": "decimal(20, 0)", "int8": "int8",
    "int16": "int64", "int32": "date", "int64": "timestamp", "int": "int64", "float16": "float64",
    "float32": "float32", "float64": "float64", "str": "string", "bytes": "binary", "str_int": "int64",
    "str_float": "float64", "price": "decimal(9, 2)", "document": "string",
    "grid": "fixed_size_list<fixed_size_list<float32, 3>, 2>", "ids": "list<int64>", "halves": "list<float32>",
    "unsigned": "fixed_size_list<int64, 4>",
}  # fmt: skip


@pytest.fixture(scope="module")
def streaming_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("streaming")
    (folder / "columns.json").write_text(json.dumps(ENCODINGS))
    streaming("write", folder / "mds", folder / "columns.json")
    return folder / "mds"


def expected_value(name, row):
    encoding = ENCODINGS[name]
    if encoding.startswith("ndarray"):
        shape = encoding.split(":")[2:]
        count = {"ids": 1 + row % 300, "halves": 1 + row % 300, "grid": 6, "unsigned": 4}[name]
        values = [(row * 7 + i) % 100 for i in range(count)]
        return [values[:3], values[3:]] if shape == ["2,3"] else values
    simple = {
        "str": "" if row % 5 == 0 else f"tëxt {row}",
        "bytes": bytes(range(row % 7)),
        "json": json.dumps({"row": row}),
        "str_decimal": Decimal(row * 1001 - 50_000) / 100,
        "int": row * 1_000_003 - 5_000_000,
        "str_int": row * 1_000_003 - 5_000_000,
    }
    if encoding in simple:
        return simple[encoding]
    return row / 4 if "float" in encoding else row % 100


def read_back(out):
    shards = [shard["file"] for part in json.loads((out / "manifest.json").read_text())["parts"]
              for shard in part["shards"]]  # fmt: skip
    return pa.concat_tables(pq.read_table(out / file) for file in shards).to_pylist()


@pytest.mark.parametrize("names", ["folder", "index", "shards"])
def test_we_read_what_streaming_writes(tmp_path, streaming_folder, names):
    source = {
        "folder": streaming_folder,
        "index": streaming_folder / "index.json",
        "shards": streaming_folder / "*.mds",
    }
    done, out = copy(tmp_path, source[names], "parquet", ENCODINGS.keys() - {"price", "flag"})
    assert done.returncode == 0, done.stderr
    rows = read_back(out)
    assert len(rows) == 200
    for i, row in enumerate(rows):
        for name, value in row.items():
            assert value == expected_value(name, i), (name, i)


def test_declared_types_say_what_a_number_means(tmp_path, streaming_folder):
    done, out = copy(tmp_path, streaming_folder, "parquet", DECLARED, schema=DECLARED)
    assert done.returncode == 0, done.stderr
    for i, row in enumerate(read_back(out)):
        assert row["int32"] == datetime.date(1970, 1, 1) + datetime.timedelta(days=i % 100)
        assert row["int64"] == datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(
            microseconds=i % 100
        )
        for name in DECLARED.keys() - {"int32", "int64"}:
            assert row[name] == expected_value(name, i), (name, i)


def test_a_null_is_refused_with_the_name_of_its_column(tmp_path):
    pq.write_table(pa.table({"a": [1, 2], "b": ["x", None]}), tmp_path / "source.parquet")
    done, out = copy(tmp_path, tmp_path / "source.parquet", "mds", ["a", "b"])
    assert done.returncode != 0
    assert "column 'b' holds a null, and MDS has none" in done.stderr
    assert not (out / "manifest.json").exists()
