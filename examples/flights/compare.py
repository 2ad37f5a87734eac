"""Times the flights job in Headrace against the same job in DuckDB, whole processes, in turn. The last line is
`ratio R`: the median of Headrace's seconds divided by the median of DuckDB's.

Both read the five CSV tables, join, aggregate, fit, encode all features and write Parquet; neither writes TFRecord.
DuckDB uses its own hash for hashed ids. Before any time counts, the outputs are compared column by column.
"""

import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

FOLDER = Path(__file__).resolve().parent
ROUNDS = 5
HASHED = {"route", "tailnum"}  # ids differ, since the hashes do
FIRST_WORD = {"dest": 6, "manufacturer": 4}  # ids below are hash buckets of rare words: compared as one


def parquet_only(pipeline_text):
    """The pipeline without its TFRecord output."""
    return re.sub(r"^.*format: tfrecord.*\n", "", pipeline_text, flags=re.MULTILINE)


def run_timed(command):
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def column_summaries(files):
    """Per column: rows, nulls, and the sum of its numbers; lists are summed over all elements."""
    relation = duckdb.read_parquet([str(file) for file in files])
    summaries = {}
    for name, kind in zip(relation.columns, map(str, relation.types), strict=True):
        if name in HASHED:
            continue
        value = f'list_sum("{name}")' if "[" in kind else f'"{name}"'
        value = f"epoch({value})" if "TIMESTAMP" in kind else value
        value = f"greatest({value}, {FIRST_WORD[name]})" if name in FIRST_WORD else value
        query = f'count(*), count("{name}"), sum(cast({value} as double)), sum(cast({value} as double) * {value})'
        summaries[name] = relation.aggregate(query).fetchall()[0]
    return summaries


def check_equal(headrace_files, duckdb_files):
    ours, theirs = column_summaries(headrace_files), column_summaries(duckdb_files)
    if ours.keys() != theirs.keys():
        sys.exit(f"the columns differ: {sorted(ours.keys() ^ theirs.keys())}")
    for name, values in ours.items():
        for a, b in zip(values, theirs[name], strict=True):
            if a != b and abs(a - b) > 1e-6 * max(1.0, abs(a), abs(b)):
                sys.exit(f"column {name} differs: {values} in Headrace, {theirs[name]} in DuckDB")
    return len(ours)


def main():
    work = Path(tempfile.mkdtemp(prefix="headrace-compare-"))
    data = FOLDER / "data"
    pipeline = work / "pipeline.yaml"
    pipeline.write_text(parquet_only((FOLDER / "pipeline.yaml").read_text()))
    # Without statistics, which the peer does not take either.
    headrace = [str(FOLDER.parents[1] / "build" / "headrace"), "run", str(pipeline), "--quiet", "--no-statistics"]
    headrace += ["--set", f"data={data}", "--set", f"out={work / 'headrace'}"]
    peer = [sys.executable, str(FOLDER / "duckdb_job.py"), str(data), str(work / "duckdb")]
    try:
        run_timed(headrace)
        run_timed(peer)
        manifest = json.loads((work / "headrace" / "parquet" / "manifest.json").read_text())
        shards = [shard["file"] for part in manifest["parts"] for shard in part["shards"]]
        ours = [work / "headrace" / "parquet" / file for file in shards]
        columns = check_equal(ours, sorted((work / "duckdb").glob("*.parquet")))
        print("compared: the flights job, five CSV tables to joined, fitted, encoded rows in Parquet;")
        print(f"  whole processes, start to end, alternating {ROUNDS} times after one round to warm up;")
        print(f"  DuckDB {duckdb.__version__} from Python, all threads of this machine for both;")
        print(f"  first found equal: rows, nulls, sums and sums of squares of {columns} columns")
        print(f"  (not of {', '.join(sorted(HASHED))}: each system has its own hash)")
        seconds = {"headrace": [], "duckdb": []}
        for round_number in range(1, ROUNDS + 1):
            seconds["headrace"].append(run_timed(headrace))
            seconds["duckdb"].append(run_timed(peer))
            print(f"round {round_number}: " + ", ".join(f"{name} {times[-1]:.3f} s" for name, times in seconds.items()))
        medians = {name: statistics.median(times) for name, times in seconds.items()}
        print("median: " + ", ".join(f"{name} {median:.3f} s" for name, median in medians.items()))
        print(f"ratio {medians['headrace'] / medians['duckdb']:.3f}")
    finally:
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
