"""Compares formats of training data: bytes, time to write, time to read to batches, by us and by others.

    bench/formats/run.py --rows 10000000 --from build/bench/out/formats/parquet
    bench/formats/run.py --rows 1000000                 # 10 int64 and 10 float32 columns at random

Rows are in memory before writing is timed; files go to --out, by default /dev/shm. Every time is the median of --runs,
systems in turn. A slow system gets fewer rows (see SLOW), and rows per second are compared. What was read, and
what is in written files, is checked by the count of rows and a sum. Records go to bench/results/formats.json.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "bench"))

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from cases import FORMATS, PROGRAM  # noqa: E402
from measure import measure  # noqa: E402
from records import RESULTS, make_record, merge_records  # noqa: E402
from rows import HEADRACE, shard_files  # noqa: E402

HERE = Path(__file__).resolve().parent
TENSORFLOW = ROOT / "build/envs/tensorflow/bin/python"
# Rows for what would take minutes.
SLOW = {"tensorflow write": 50_000, "tensorflow read": 1_000_000}


@dataclass
class Case:
    task: str
    variant: str
    system: str
    command: list
    files: Path  # what is read or written
    columns: list | None = None  # that are read; None: all
    rows_max: int = sys.maxsize
    results: list = field(default_factory=list)

    def name(self):
        return f"{self.task} {self.variant} {self.system}"


def random_table(rows):
    """10 int64 and 10 float32 columns with names of 8 letters, as encoded features are."""
    chance = np.random.default_rng(1)
    columns = {f"id_col_{i}": chance.integers(0, 10 ** (1 + i // 2), rows, dtype=np.int64) for i in range(10)}
    columns |= {f"fl_col_{i}": chance.standard_normal(rows, dtype=np.float32) for i in range(10)}
    return pa.table(columns)


def numeric(schema):
    """The columns that every format holds: int64, float32 and lists of a fixed length of these, as (dtype, length)."""
    columns = {}
    for column in schema:
        dtype, length = column.type, 0
        if pa.types.is_fixed_size_list(dtype):
            dtype, length = dtype.value_type, dtype.list_size
        if dtype in (pa.int64(), pa.float32()):
            columns[column.name] = ({"int64": "int64", "float": "float32"}[str(dtype)], length)
    return columns


def prepare(arguments, work):
    """The rows as one Parquet file, the first of them for slow systems as arrays, and the schema."""
    table = random_table(arguments.rows) if arguments.source is None else read_source(arguments.source, arguments.rows)
    columns = numeric(table.schema)
    table = table.select(list(columns)).combine_chunks()
    # No nulls: MDS has none, and TensorFlow wants every feature.
    if any(table[name].null_count for name in columns):
        sys.exit("the rows have nulls, which not every format holds: fill them in the pipeline")
    pq.write_table(table, work / "rows.parquet", row_group_size=131072)
    few = table.slice(0, SLOW["tensorflow write"])
    arrays = {}
    for name, (_, length) in columns.items():
        values = few[name].combine_chunks()
        arrays[name] = values.flatten().to_numpy().reshape(-1, length) if length else values.to_numpy()
    np.savez(work / "rows.npz", **arrays)
    (work / "schema.json").write_text(json.dumps(columns))
    few_columns = dict(list(columns.items())[:3] + list(columns.items())[-2:])
    (work / "few.json").write_text(json.dumps(few_columns))
    return table, list(few_columns)


def read_source(folder, rows):
    tables, count = [], 0
    for file in shard_files(folder):
        if count < rows:
            tables.append(pq.read_table(file))
            count += tables[-1].num_rows
    return pa.concat_tables(tables).slice(0, rows)


def make_cases(arguments, work, few):
    cases = []
    rows = work / "rows.parquet"
    for variant, (file_format, compression, _) in FORMATS.items():
        out = arguments.out / f"headrace-{file_format}-{compression}"
        write = [PROGRAM, "write", "--from", rows, "--format", file_format, "--compression", compression]
        cases.append(Case("write", variant, "headrace", [*write, "--rows", arguments.rows, "--out", out], out))
        read = [PROGRAM, "read", "--format", file_format, "--from", out]
        cases.append(Case("read_warm", variant, "headrace", read, out))
        some = [*read, "--columns", ",".join(few)]
        cases.append(Case("read_warm", f"{variant}-5-columns", "headrace", some, out, few))
    if TENSORFLOW.is_file():
        peer = [TENSORFLOW, HERE / "tensorflow_peer.py"]
        file = arguments.out / "tensorflow.tfrecord"
        rows_max = SLOW["tensorflow write"]
        command = [*peer, "write", work / "rows.npz", file, min(rows_max, arguments.rows)]
        cases.append(Case("write", "tfrecord", "tensorflow", command, file, rows_max=rows_max))
        ours = arguments.out / "headrace-tfrecord-none"
        rows_max = SLOW["tensorflow read"]
        for schema, columns, variant in (("schema", None, "tfrecord"), ("few", few, "tfrecord-5-columns")):
            command = [*peer, "read", ours, "", work / f"{schema}.json", rows_max]
            cases.append(Case("read_warm", variant, "tensorflow", command, ours, columns, rows_max))
    peer = [sys.executable, HERE / "pyarrow_peer.py"]
    for file_format, compression in (
        ("parquet", "none"),
        ("parquet", "snappy"),
        ("parquet", "zstd"),
        ("arrow", "none"),
    ):
        out = arguments.out / f"pyarrow-{file_format}-{compression}"
        variant = file_format if compression == "none" else f"{file_format}-{compression}"
        command = [*peer, "write", file_format, compression, rows, out]
        cases.append(Case("write", variant, "pyarrow", command, out))
        ours = arguments.out / f"headrace-{file_format}-{compression}"
        cases.append(Case("read_warm", variant, "pyarrow", [*peer, "read", file_format, ours], ours))
    return cases


def run_case(case, log):
    measured = measure(case.command, log)
    if measured.exit_code != 0:
        sys.exit(f"{case.name()} failed:\n{measured.stderr[-2000:]}")
    result = json.loads(measured.stdout.splitlines()[-1]) | {"peak_bytes": measured.peak_bytes}
    case.results.append(result)
    rate = result["rows"] / result["seconds"] / 1e6
    print(f"{case.name():<52}{result['seconds']:8.3f} s {rate:9.3f} M rows/s", flush=True)


def is_checked(case, table):
    """What was read, or is in the files that were written, has the rows and the sum that the table has."""
    result = case.results[-1]
    if case.task == "write":
        read = [PROGRAM, "read", "--format", case.variant.split("-")[0], "--from", case.files]
        done = subprocess.run(list(map(str, read)), capture_output=True, text=True, check=True)
        written, result = result, json.loads(done.stdout)
        if written["rows"] != result["rows"]:
            return False
    names = case.columns or table.column_names
    first = next(name for name in names if table.schema.field(name).type == pa.int64())
    expected = int(np.sum(table[first].slice(0, result["rows"]).to_numpy()))
    return result["sum"] == expected and result["rows"] == min(case.rows_max, table.num_rows)


def bytes_of(files):
    return sum(file.stat().st_size for file in ([files] if files.is_file() else files.iterdir()))


def record_of(case, table, benchmark):
    result = case.results[-1]
    return make_record(
        [entry["seconds"] for entry in case.results],
        benchmark=benchmark,
        task=case.task,
        variant=case.variant,
        system=case.system,
        version=result.get("version") or version_of_headrace(),
        scale=str(table.num_rows),
        threads=2,
        rows=result["rows"],
        bytes=bytes_of(case.files),
        peak_bytes=max(entry["peak_bytes"] for entry in case.results),
        checked=is_checked(case, table),
    )


def version_of_headrace():
    return subprocess.run([HEADRACE, "version"], capture_output=True, text=True, check=True).stdout.split()[-1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--from", dest="source", type=Path, help="a data set of Parquet; default: rows at random")
    parser.add_argument(
        "--out", type=Path, default=Path("/dev/shm"), help="files go to a folder in it, and are removed"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--only", default="", help="only cases whose name has this in it")
    parser.add_argument("--results", type=Path, default=RESULTS / "formats.json")
    arguments = parser.parse_args()
    work = ROOT / "build/bench/formats"
    work.mkdir(parents=True, exist_ok=True)
    arguments.out /= "headrace-formats"
    arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        table, few = prepare(arguments, work)
        cases = [case for case in make_cases(arguments, work, few) if arguments.only in case.name()]
        for _ in range(arguments.runs):
            for case in cases:
                run_case(case, work / "log")
        benchmark = "formats-memory" if arguments.source else "formats-random"
        records = [record_of(case, table, benchmark) for case in cases]
        merge_records(arguments.results, records)
        print(f"\n{'':<52}{'M rows/s':>10}{'bytes/row':>11}  checked")
        for case, record in zip(cases, records, strict=True):
            rate = record["rows"] / statistics.median(record["seconds_all"]) / 1e6
            size = record["bytes"] / record["rows"]
            print(f"{case.name():<52}{rate:10.3f}{size:11.1f}  {'yes' if record['checked'] else 'NO'}")
        if not all(record["checked"] for record in records):
            sys.exit("a result differs")
    finally:
        shutil.rmtree(arguments.out, ignore_errors=True)
        os.sync()


if __name__ == "__main__":
    main()
