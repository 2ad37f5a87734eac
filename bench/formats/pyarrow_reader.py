"""Reads Parquet or Arrow IPC files to record batches by pyarrow's datasets with two threads:
python pyarrow_reader.py REQUEST.json, whose `format` is "parquet" or "arrow"
"""

import pyarrow as pa
import pyarrow.dataset as ds
from digests import report


def read(request, tally):
    pa.set_cpu_count(2)
    data = ds.dataset(request["files"], format={"parquet": "parquet", "arrow": "ipc"}[request["format"]])
    for batch in data.to_batches(columns=list(request["columns"])):
        if tally.digests is None:
            tally.rows += batch.num_rows
        else:
            tally.add({name: array_of(batch[name]) for name in batch.schema.names})


def array_of(column):
    """A numpy array of a column of numbers or lists of one length."""
    if pa.types.is_fixed_size_list(column.type) or pa.types.is_list(column.type):
        return column.flatten().to_numpy().reshape(len(column), -1)
    return column.to_numpy()


if __name__ == "__main__":
    report(read, pa.__version__)
