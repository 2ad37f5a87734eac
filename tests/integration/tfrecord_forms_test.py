"""TFRecord in all types and forms, both ways, against TensorFlow in its own environment: value by value."""

import json
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT, headrace

TENSORFLOW_PYTHON = ROOT / "build" / "envs" / "tensorflow" / "bin" / "python"
SCRIPT = Path(__file__).with_name("tensorflow_forms.py")
ROWS = 600

COLUMNS = {
    "bool": (pa.bool_(), lambda i: i % 2 == 0),
    "int8": (pa.int8(), lambda i: i % 256 - 128),
    "int16": (pa.int16(), lambda i: -i * 50),
    "int32": (pa.int32(), lambda i: i * 1_000_003),
    "int64": (pa.int64(), lambda i: (-1) ** i * (1 << (i % 63))),
    "date": (pa.date32(), lambda i: i * 31 - 9000),
    "timestamp": (pa.timestamp("us", tz="UTC"), lambda i: 1_357_000_000_000_000 + i * 3_600_000_001),
    "float32": (pa.float32(), lambda i: [0.5, -0.0, float("inf"), 1e-45, -3.25][i % 5]),
    "string": (pa.string(), lambda i: ["", "é", "wave \U0001f30a", "x" * 300][i % 4]),
    "binary": (pa.binary(), lambda i: bytes([0, 255, i % 256]) * (i % 50)),
    "ints": (pa.list_(pa.int64()), lambda i: [(-1) ** j * (1 << j) for j in range(i % 63)]),
    "floats": (pa.list_(pa.float32()), lambda i: [j / 4 for j in range(i % 90)]),
    "texts": (pa.list_(pa.string()), lambda i: [f"t{j}" for j in range(i % 4)]),
    "three": (pa.list_(pa.int32(), 3), lambda i: [i, -i, 7]),
}
NESTED = {
    "int_lists": (pa.list_(pa.list_(pa.int64())), lambda i: [[j] * (j % 3) for j in range(i % 5)]),
    "float_lists": (pa.list_(pa.list_(pa.float32())), lambda i: [[i / 8, -1.5]] * (i % 3)),
    "text_lists": (pa.list_(pa.list_(pa.string())), lambda i: [["a", ""], [], [f"row {i}"]][: i % 4]),
}


def table_of(columns):
    data = {}
    for number, (name, (dtype, value)) in enumerate(columns.items()):
        values = [None if (i + number) % 7 == 3 else value(i) for i in range(ROWS)]
        data[name] = pa.array(values, dtype)
    return pa.table(data)


def tensorflow(*args):
    done = subprocess.run([TENSORFLOW_PYTHON, SCRIPT, *map(str, args)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def as_features(table):
    """The values as features hold them: lists of ints, floats (bits as text) or hex; None where absent."""
    rows = []
    for row in table.to_pylist():
        rows.append({name: to_feature(value) for name, value in row.items()})
    return rows


def to_feature(value, depth=0):
    if value is None:
        return None
    if isinstance(value, list):
        return [to_feature(item, depth + 1) for item in value]
    if isinstance(value, (bytes, str)):
        text = (value.encode() if isinstance(value, str) else value).hex()
    elif isinstance(value, float):
        text = float.hex(value)
    elif hasattr(value, "tzinfo"):
        text = pa.scalar(value, pa.timestamp("us", tz="UTC")).value
    elif hasattr(value, "toordinal"):
        text = value.toordinal() - 719_163
    else:
        text = int(value)
    return text if depth > 0 else [text]


@pytest.mark.parametrize(
    ("compression", "columns"),
    [("none", COLUMNS), ("gzip", COLUMNS | NESTED), ("zlib", COLUMNS)],
    ids=["plain", "sequence examples, gzip", "zlib"],
)
def test_tensorflow_reads_every_type(tmp_path, compression, columns):
    table = table_of(columns)
    pq.write_table(table, tmp_path / "t.parquet")
    out = tmp_path / "out"
    headrace(
        "convert", tmp_path / "t.parquet", out, "--format", "tfrecord", "--compression", compression, "--shards", 2
    )
    manifest = json.loads((out / "manifest.json").read_text())
    files = [out / shard["file"] for shard in manifest["parts"][0]["shards"]]
    suffix = {"none": ".tfrecord", "gzip": ".tfrecord.gz", "zlib": ".tfrecord.zlib"}[compression]
    assert [file.name for file in files] == [f"part-0000{i}-of-00002{suffix}" for i in range(2)]
    tensorflow("read", tmp_path / "values.json", compression.upper().replace("NONE", ""), *files)
    assert json.loads((tmp_path / "values.json").read_text()) == as_features(table)


@pytest.mark.parametrize("compression", ["none", "zlib"])
def test_what_tensorflow_writes_is_read(tmp_path, compression):
    table = table_of(COLUMNS | NESTED)
    # What a feature is, is all that a file without a manifest can say.
    expected = as_features(table)
    (tmp_path / "values.json").write_text(json.dumps(expected))
    file = tmp_path / "t.tfrecord"
    tensorflow("write", tmp_path / "values.json", compression.upper().replace("NONE", ""), file)
    out = tmp_path / "out"
    headrace("convert", file, out, "--format", "parquet")
    manifest = json.loads((out / "manifest.json").read_text())
    back = pq.read_table(out / manifest["parts"][0]["shards"][0]["file"])
    assert back.num_rows == ROWS
    for name in table.column_names:
        values = [to_feature(value) for value in back[name].to_pylist()]
        assert values == [row[name] for row in expected], name
    headrace("convert", out, tmp_path / "again", "--format", "tfrecord")
    manifest = json.loads((tmp_path / "again" / "manifest.json").read_text())
    tensorflow("read", tmp_path / "b.json", "", tmp_path / "again" / manifest["parts"][0]["shards"][0]["file"])
    assert json.loads((tmp_path / "b.json").read_text()) == expected
