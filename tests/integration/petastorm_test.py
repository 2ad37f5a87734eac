"""Petastorm 0.13.1, in its own environment, reads every column type that is written for it; and we read its schemas."""

import datetime
import decimal
import json
import os
import struct
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import HEADRACE, ROOT, headrace, write_copying_pipeline

PETASTORM_PYTHON = ROOT / "build" / "envs" / "petastorm" / "bin" / "python"
HERE = Path(__file__).parent

# Without a Python 3.11, `tools/setup.py env petastorm` leaves the environment out. In CI it fails, and so does this.
pytestmark = pytest.mark.skipif(
    not PETASTORM_PYTHON.exists() and not os.environ.get("CI"),
    reason="Petastorm 0.13.1 needs Python 3.11, which this machine has not",
)

UTC = datetime.UTC
DAY = datetime.date
DECIMAL = decimal.Decimal

# Column: type in the source, two values; the edges of what Petastorm's readers hold.
COLUMNS = {
    "flag": (pa.bool_(), [True, False]),
    "i8": (pa.int8(), [-128, 127]),
    "i16": (pa.int16(), [-(2**15), 2**15 - 1]),
    "i32": (pa.int32(), [-(2**31), 2**31 - 1]),
    "i64": (pa.int64(), [-(2**63), 2**63 - 1]),
    "f32": (pa.float32(), [1.5, float("nan")]),
    "f64": (pa.float64(), [-0.0, 5e-324]),
    "price": (pa.decimal128(38, 2), [DECIMAL("-1.50"), DECIMAL("9" * 36 + ".99")]),
    "text": (pa.string(), ["", "é\0b"]),
    "raw": (pa.binary(), [b"", b"\xff\0"]),
    "day": (pa.date32(), [DAY(1, 1, 1), DAY(9999, 12, 31)]),
    "instant": (
        pa.timestamp("us", "UTC"),
        [datetime.datetime(1678, 1, 1, tzinfo=UTC), datetime.datetime(2262, 1, 1, 0, 0, 0, 1, tzinfo=UTC)],
    ),
    "clock": (pa.timestamp("us"), [datetime.datetime(1969, 12, 31, 23, 59, 59, 999999), datetime.datetime(2026, 1, 1)]),
    "pair_flag": (pa.list_(pa.bool_(), 2), [[True, False], [False, False]]),
    "pair_i8": (pa.list_(pa.int8(), 2), [[-128, 127], [0, 1]]),
    "pair_i64": (pa.list_(pa.int64(), 2), [[-(2**63), 2**63 - 1], [0, 1]]),
    "pair_f32": (pa.list_(pa.float32(), 2), [[1.5, -0.0], [2.0, 3.0]]),
    "one_flag": (pa.list_(pa.bool_(), 1), [[True], [False]]),
    "one_i16": (pa.list_(pa.int16(), 1), [[3], [4]]),
    "one_i64": (pa.list_(pa.int64(), 1), [[3], [4]]),
    "one_f32": (pa.list_(pa.float32(), 1), [[1.5], [-1.5]]),
    "one_text": (pa.list_(pa.string(), 1), [["a"], ["b"]]),
    "pair_text": (pa.list_(pa.string(), 2), [["a\0", ""], ["é", "b"]]),
    "pair_raw": (pa.list_(pa.binary(), 2), [[b"\0", b""], [b"a", b"b"]]),
    "pair_day": (pa.list_(pa.date32(), 2), [[DAY(1, 1, 1), DAY(2000, 1, 1)], [DAY(1970, 1, 1)] * 2]),
    "pair_price": (pa.list_(pa.decimal128(5, 1), 2), [[DECIMAL("1.5"), DECIMAL("-2.5")], [DECIMAL("0.0")] * 2]),
}
RAGGED = {
    "pair_clock": (pa.list_(pa.timestamp("us"), 2), [[datetime.datetime(1, 1, 1), datetime.datetime(2026, 1, 1)]] * 2),
    "some_flags": (pa.list_(pa.bool_()), [[True], []]),
    "some_i16": (pa.list_(pa.int16()), [[1, 2, 3], [-4]]),
    "some_f32": (pa.list_(pa.float32()), [[1.5, float("nan")], []]),
    "some_days": (pa.list_(pa.date32()), [[DAY(1970, 1, 1)], [DAY(2026, 1, 1), DAY(1, 1, 1)]]),
    "some_instants": (pa.list_(pa.timestamp("us", "UTC")), [[datetime.datetime(2026, 1, 1, tzinfo=UTC)], []]),
    "some_texts": (pa.list_(pa.string()), [["a", "b\0"], []]),
    "some_raw": (pa.list_(pa.binary()), [[], [b"\0", b"", b"c"]]),
    "some_prices": (pa.list_(pa.decimal128(5, 1)), [[DECIMAL("1.5")], []]),
}


def write(folder, columns, with_nulls, extra=""):
    """Runs a pipeline over a table of `columns` into `folder`; the values by column, in order."""
    values = {name: both + [None] if with_nulls else both for name, (_, both) in columns.items()}
    table = pa.table(
        [pa.array(values[name], type_) for name, (type_, _) in columns.items()],
        pa.schema([pa.field(name, type_, nullable=with_nulls) for name, (type_, _) in columns.items()]),
    )
    folder.mkdir(exist_ok=True)
    pq.write_table(table, folder / "rows.parquet")
    (folder / "pipeline.yaml").write_text(
        "version: 1\nname: all-types\nsources: {rows: {path: rows.parquet}}\ntables: {all_rows: {from: rows}}\n"
        f"outputs: [{{path: out, format: parquet, petastorm: true{extra}}}]\n"
    )
    run(folder / "pipeline.yaml")
    return values


def run(pipeline, *more):
    return headrace("run", pipeline, "--quiet", *more)


def petastorm_reads(kind, folder):
    script = HERE / "petastorm_reads.py"
    done = subprocess.run([PETASTORM_PYTHON, script, kind, folder.resolve()], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1] if done.stdout.endswith("}") else done.stdout)


def plain(value, type_):
    """The value in the form that petastorm_reads.py prints."""
    if value is None:
        return None
    if pa.types.is_list(type_) or pa.types.is_fixed_size_list(type_):
        return [plain(item, type_.value_type) for item in value]
    if pa.types.is_boolean(type_):
        return {"bool": value}
    if pa.types.is_integer(type_):
        return {str(type_): value}
    if pa.types.is_floating(type_):
        number = np.dtype(type_.to_pandas_dtype()).type(value)
        return {number.dtype.name: number.item().hex()}
    if pa.types.is_decimal(type_):
        return {"decimal": str(value)}
    if pa.types.is_binary(type_):
        return {"bytes": value.hex()}
    if pa.types.is_string(type_):
        return {"text": value}
    if isinstance(value, datetime.datetime):
        value = value.replace(tzinfo=None)
    return {"time": str(np.datetime64(value, "us"))}


def expected(columns, values):
    return {name: [plain(value, type_) for value in values[name]] for name, (type_, _) in columns.items()}


def test_both_readers_give_every_value(tmp_path):
    values = write(tmp_path, COLUMNS, with_nulls=False)
    for kind in ("row", "batch"):
        read = petastorm_reads(kind, tmp_path / "out" / "current")
        for name, column in expected(COLUMNS, values).items():
            assert read[name] == column, (kind, name)
        assert read.keys() == COLUMNS.keys()


def test_make_reader_gives_every_null(tmp_path):
    columns = COLUMNS | RAGGED
    values = write(tmp_path, columns, with_nulls=True)
    read = petastorm_reads("row", tmp_path / "out" / "current")
    for name, column in expected(columns, values).items():
        # Of floats, pandas knows NaN only.
        if pa.types.is_floating(columns[name][0]):
            column[-1] = {next(iter(column[0])): "nan"}
        assert read[name] == column, name


def test_make_batch_reader_gives_nulls_as_pandas_does(tmp_path):
    columns = {name: column for name, column in COLUMNS.items() if not pa.types.is_fixed_size_list(column[0])}
    values = write(tmp_path, columns, with_nulls=True)
    read = petastorm_reads("batch", tmp_path / "out" / "current")
    for name, column in expected(columns, values).items():
        type_ = columns[name][0]
        if pa.types.is_integer(type_):
            column = [{"float64": float(value).hex()} for value in values[name][:-1]] + [{"float64": "nan"}]
        elif pa.types.is_floating(type_):
            column[-1] = {next(iter(column[0])): "nan"}
        elif pa.types.is_string(type_):
            column[-1] = {"text": "None"}
        assert read[name] == column, name


def test_ragged_lists_leave_the_other_columns_to_make_batch_reader(tmp_path):
    columns = {"i64": COLUMNS["i64"], "some_i16": RAGGED["some_i16"]}
    values = write(tmp_path, columns, with_nulls=False)
    read = petastorm_reads("batch", tmp_path / "out" / "current")
    assert read["i64"] == expected(columns, values)["i64"]
    assert bytes.fromhex(read["some_i16"][0]["bytes"]).startswith(b"\x93NUMPY")


def test_parts_and_shards_are_data_sets_of_their_own(tmp_path):
    columns = {"id": (pa.int64(), list(range(100)))}
    (tmp_path / "many").mkdir()
    write(tmp_path / "many", columns, with_nulls=False, extra=", shards: 4")
    read = petastorm_reads("row", tmp_path / "many" / "out" / "current")
    assert [value["int64"] for value in read["id"]] == list(range(100))
    with (tmp_path / "many" / "pipeline.yaml").open("a") as file:
        file.write("split: {parts: {train: id < 70, eval: rest}}\n")
    run(tmp_path / "many" / "pipeline.yaml")
    for part, ids in (("train", range(70)), ("eval", range(70, 100))):
        read = petastorm_reads("row", tmp_path / "many" / "out" / "current" / part)
        assert [value["int64"] for value in read["id"]] == list(ids)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_we_read_what_petastorm_pickled(tmp_path, protocol):
    folder = tmp_path / "theirs"
    done = subprocess.run(
        [PETASTORM_PYTHON, HERE / "petastorm_writes.py", folder, str(protocol)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    done = subprocess.run([HEADRACE, "inspect", folder, "--output", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    fields = {field["name"]: field for field in seen["unischema"]["fields"]}
    assert list(fields) == ["id", "small", "price", "text", "ragged", "matrix", "points", "packed", "photo", "times"]
    assert fields["price"]["codec"] == {"kind": "scalar", "spark_type": "DecimalType(10,2)"}
    assert fields["photo"]["codec"] == {"kind": "compressed_image", "image_codec": "png", "quality": 80}
    assert fields["points"] == {
        "name": "points", "numpy_dtype": "float64", "shape": [None, 2], "codec": {"kind": "ndarray"}, "nullable": False,
    }  # fmt: skip
    types = {column["name"]: column["type"] for column in seen["columns"]}
    assert types["ragged"] == "list<float32>"
    assert types["matrix"] == "fixed_size_list<fixed_size_list<int16, 3>, 2>"
    assert types["points"] == "list<fixed_size_list<float64, 2>>"
    assert types["photo"] == types["packed"] == types["times"] == "binary"
    rows = seen["first_rows"]
    assert rows[3]["matrix"] == "[[3, 4, 5], [6, 7, 8]]"
    assert rows[4]["points"] == "[[0.0, 1.0], [2.0, 3.0], [4.0, 5.0], [6.0, 7.0]]"
    assert rows[3]["ragged"] == "[0.0, 0.5, 1.0]"


def test_a_list_of_one_float64_keeps_its_shape(tmp_path):
    write(tmp_path, {"one": (pa.list_(pa.float64(), 1), [[1e300], [-1e300]])}, with_nulls=False)
    batch = petastorm_reads("batch", tmp_path / "out" / "current")["one"]
    assert batch == [[{"float64": (1e300).hex()}], [{"float64": (-1e300).hex()}]]
    assert petastorm_reads("row", tmp_path / "out" / "current")["one"] == [[1e300], [-1e300]]


def png(pixels):
    """The bytes of a PNG file of rows of (r, g, b)."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", len(pixels[0]), len(pixels), 8, 2, 0, 0, 0)
    rows = b"".join(b"\0" + bytes(value for pixel in row for value in pixel) for row in pixels)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_images_are_arrays_to_petastorm(tmp_path):
    photos = [[[(1, 2, 3), (255, 0, 7)]], [[(9, 8, 7)], [(0, 0, 0)], [(6, 5, 4)]], None]
    files = [None if photo is None else png(photo) for photo in photos]
    pq.write_table(pa.table({"id": [0, 1, 2], "photo": pa.array(files, pa.binary())}), tmp_path / "rows.parquet")
    output = f"{{path: {tmp_path / 'out'}, format: parquet, petastorm: true, images: {{photo: png}}}}"
    pipeline = write_copying_pipeline(tmp_path, "{path: rows.parquet}", ["id", "photo"], output)
    run(pipeline)
    read = petastorm_reads("row", tmp_path / "out" / "current")
    arrays = [
        None if photo is None else [[[{"uint8": v} for v in pixel] for pixel in row] for row in photo]
        for photo in photos
    ]
    assert read["photo"] == arrays
    assert pq.read_table(tmp_path / "out" / "current")["photo"].to_pylist() == files

    pq.write_table(pa.table({"id": [0], "photo": pa.array([b"GIF89a"])}), tmp_path / "rows.parquet")
    done = subprocess.run([HEADRACE, "run", pipeline, "--quiet"], capture_output=True, text=True)
    assert done.returncode != 0 and "column 'photo'" in done.stderr and "no png file" in done.stderr
