"""pyarrow reads the Arrow IPC files that we write, and we read those that it writes, in all their forms."""

import json
import random

import pyarrow as pa
import pyarrow.feather as feather
import pytest

from tests.conftest import headrace, write_copying_pipeline
from tests.integration.parquet_readers_test import same, shapes


def copy(folder, columns, compression=""):
    """Runs a pipeline that copies source.arrow; returns what pyarrow reads from the shards."""
    out = folder / f"out-{compression}"
    words = f", compression: {compression}" if compression else ""
    source = f"{{path: {folder / 'source.arrow'}}}"
    output = f"{{path: {out}, format: arrow{words}}}"
    headrace("run", write_copying_pipeline(folder, source, columns, output), "--quiet")
    parts = json.loads((out / "manifest.json").read_text())["parts"]
    files = [out / shard["file"] for part in parts for shard in part["shards"]]
    tables = []
    for file in files:
        with pa.memory_map(str(file)) as mapped:
            table = pa.ipc.open_file(mapped).read_all()
            table.validate(full=True)
            tables.append(table)
    return pa.concat_tables(tables)


def nested(rows):
    rng = random.Random(4)
    return {
        "pair": pa.array([None if i % 7 == 0 else {"a": i, "b": [str(i)] * (i % 3)} for i in range(rows)]),
        "deep": pa.array([[[i], [], [1, None]] * (i % 3) for i in range(rows)], pa.list_(pa.list_(pa.int64()))),
        "price": pa.array([rng.randrange(10**6) for _ in range(rows)], pa.decimal128(12, 0)).cast(pa.decimal128(20, 3)),
    }


@pytest.mark.parametrize("compression", ["", "none", "lz4", "zstd"])
def test_pyarrow_reads_what_is_written(tmp_path, compression):
    table = pa.table({**shapes(random.Random(3), 20_000), **nested(20_000)})
    with pa.ipc.new_file(tmp_path / "source.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=3000)
    read = copy(tmp_path, table.column_names, compression)
    assert read.schema.names == table.schema.names
    for name in table.column_names:
        assert read.schema.field(name).type == table.schema.field(name).type, name
        assert same(read[name], table[name]), name


def test_we_read_the_forms_that_others_write(tmp_path):
    words = ["a", None, "", "wörd"] * 2500
    forms = {
        "coded": pa.array(words).dictionary_encode(),
        "coded_numbers": pa.array([7, None, 9, 7] * 2500, pa.int64()).dictionary_encode(),
        "large": pa.array(words, pa.large_string()),
        "view": pa.array(words, pa.string_view()),
        "lists": pa.array([[1], None, [], [2, 3]] * 2500, pa.large_list(pa.int32())),
        "coded_lists": pa.array([["a"], [], ["b", "a"], None] * 2500, pa.list_(pa.dictionary(pa.int8(), pa.string()))),
        "unsigned": pa.array([0, 2**32 - 1, None, 5] * 2500, pa.uint32()),
        "half": pa.array([1.5, None, -0.25, 0.0] * 2500, pa.float16()),
        "seconds": pa.array([0, 1, None, 2] * 2500, pa.timestamp("s")),
    }
    table = pa.table(forms)
    for compression in (None, "lz4", "zstd"):
        options = pa.ipc.IpcWriteOptions(compression=compression)
        with pa.ipc.new_file(tmp_path / "source.arrow", table.schema, options=options) as writer:
            writer.write_table(table.slice(0, 7777), max_chunksize=1000)
            writer.write_table(table.slice(7777))
        read = copy(tmp_path, table.column_names, "zstd" if compression else "")
        for name in table.column_names:
            assert read[name].combine_chunks().to_pylist() == table[name].combine_chunks().to_pylist(), name


def test_feather_files_are_read(tmp_path):
    table = pa.table({"a": list(range(1000)), "b": [f"row {i}" for i in range(1000)]})
    feather.write_feather(table, tmp_path / "source.arrow", compression="zstd", chunksize=100)
    assert copy(tmp_path, ["b", "a"]).to_pylist() == table.select(["b", "a"]).to_pylist()
