"""TensorFlow, in its own environment, reads the values that pyarrow reads from the Parquet shards of the same run."""

import subprocess
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT, shard_files

TENSORFLOW_PYTHON = ROOT / "build" / "envs" / "tensorflow" / "bin" / "python"


@pytest.mark.parametrize("part", ["train", "eval"])
def test_tensorflow_reads_the_same_values(flights_out, tmp_path, part):
    out = tmp_path / "values.npz"
    script = Path(__file__).with_name("tensorflow_reads.py")
    done = subprocess.run(
        [TENSORFLOW_PYTHON, script, flights_out / "tfrecord", part, out], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    values = np.load(out)
    table = pa.concat_tables([pq.read_table(file) for file in shard_files(flights_out / "parquet", part)])
    assert sorted(values.files) == sorted(table.column_names)
    for name in table.column_names:
        column = table[name].combine_chunks()
        assert column.null_count == 0, name
        if pa.types.is_fixed_size_list(column.type):
            expected = column.flatten().to_numpy().reshape(len(column), column.type.list_size)
        elif pa.types.is_timestamp(column.type):
            expected = column.cast("int64").to_numpy()
        else:
            expected = column.to_numpy()
        assert np.array_equal(values[name], expected), name
