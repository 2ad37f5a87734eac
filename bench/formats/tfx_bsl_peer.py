"""TFRecord by tfx_bsl's encoder of record batches, and TensorFlow's TFRecordWriter, in one thread.

python tfx_bsl_peer.py write TABLE FILE ROWS

TABLE is Parquet, which is in memory before the clock starts. TensorFlow is found by PYTHONPATH.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf
from tfx_bsl.cc.tfx_bsl_extension.coders import RecordBatchToExamplesEncoder
from tfx_bsl.version import __version__


def as_lists(column):
    """A column of lists, as the encoder takes it: scalars become lists of one value."""
    if pa.types.is_fixed_size_list(column.type):
        size, values = column.type.list_size, column.flatten()
    else:
        size, values = 1, column
    return pa.ListArray.from_arrays(pa.array(np.arange(len(column) + 1, dtype=np.int32) * size), values)


def write(table, path, rows):
    table = pq.read_table(table).slice(0, int(rows)).combine_chunks()
    batches = [
        pa.RecordBatch.from_arrays([as_lists(column) for column in batch.columns], batch.schema.names)
        for batch in table.to_batches(max_chunksize=8192)
    ]
    started = time.perf_counter()
    encoder = RecordBatchToExamplesEncoder(None)
    with tf.io.TFRecordWriter(path) as writer:
        for batch in batches:
            for example in encoder.Encode(batch):
                writer.write(example)
    seconds = time.perf_counter() - started
    version = f"{__version__}, tensorflow {tf.__version__}"
    print(
        json.dumps({"seconds": seconds, "rows": table.num_rows, "bytes": Path(path).stat().st_size, "version": version})
    )


if __name__ == "__main__":
    write(*sys.argv[2:])
