"""Parquet and Arrow IPC by pyarrow, two threads.

python pyarrow_peer.py write FORMAT COMPRESSION TABLE.parquet FOLDER
python pyarrow_peer.py read FORMAT FOLDER [COLUMNS]

Writing takes a table that is in memory and writes half of it in each thread.
"""

import json
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq


def write(file_format, compression, table, folder):
    table = pq.read_table(table)
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    half = table.num_rows // 2

    def write_half(i):
        rows = table.slice(i * half, half if i == 0 else None)
        if file_format == "parquet":
            pq.write_table(rows, folder / f"part-{i}.parquet", compression=compression)
        else:
            options = pa.ipc.IpcWriteOptions(compression=None if compression == "none" else compression)
            path = str(folder / f"part-{i}.arrow")
            with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, rows.schema, options=options) as writer:
                writer.write_table(rows, max_chunksize=131072)

    started = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write_half, range(2)))
    seconds = time.perf_counter() - started
    return {
        "seconds": seconds,
        "rows": table.num_rows,
        "bytes": sum(file.stat().st_size for file in folder.iterdir()),
    }


def read(file_format, folder, columns=""):
    pa.set_cpu_count(2)
    started = time.perf_counter()
    files = sorted(str(file) for file in Path(folder).rglob("part-*"))
    data = ds.dataset(files, format="parquet" if file_format == "parquet" else "ipc")
    names = columns.split(",") if columns else data.schema.names
    first = next(name for name in names if data.schema.field(name).type == pa.int64())
    rows = total = 0
    for batch in data.to_batches(columns=names):
        rows += batch.num_rows
        total += pc.sum(batch[first]).as_py() or 0
    return {"seconds": time.perf_counter() - started, "rows": rows, "sum": total}


if __name__ == "__main__":
    command, *words = sys.argv[1:]
    result = write(*words) if command == "write" else read(*words)
    print(json.dumps(result | {"version": pa.__version__}))
