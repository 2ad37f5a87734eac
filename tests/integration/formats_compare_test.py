"""The comparison of formats runs on few rows: every reader gives the rows, and what was measured is told in records."""

import json
import os
import subprocess
import sys

import pyarrow as pa
import pytest

from bench.formats import page
from tests.conftest import ROOT

ROWS = 4000
PETASTORM_PYTHON = ROOT / "build/envs/petastorm/bin/python"  # needs a Python 3.11


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    command = [ROOT / "build/release/headrace_bench_data", "--scale", "0.001", "--out", folder]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return folder


def compare(tables, folder, *words):
    command = [ROOT / "bench/formats/compare.py", "--data", tables, "--sf", "0.001", "--rows", ROWS, "--runs", 1]
    command += ["--out", folder, "--memory-out", folder, "--results", folder / "formats.json", "--no-page", *words]
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True)


def test_every_reader_is_proved_equal_and_a_stopped_run_goes_on(tables, tmp_path):
    formats = ["--variants", "tfrecord,parquet-zstd,mds,arrow", "--tasks", "convert,read_warm"]
    done = compare(tables, tmp_path, *formats)
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads((tmp_path / "formats.json").read_text())
    by_task = {}
    for record in records:
        assert record["checked"]
        assert record["rows"] == ROWS
        assert record["bytes"] > ROWS
        by_task.setdefault(record["task"], set()).add((record["variant"], record["system"]))
    assert by_task["convert"] == {(name, "headrace") for name in ("tfrecord", "parquet-zstd", "mds", "arrow")}
    pyarrows = {("parquet-zstd", "pyarrow"), ("arrow", "pyarrow")}
    both = by_task["convert"] | pyarrows | {("tfrecord", "tensorflow"), ("mds", "mosaicml-streaming")}
    petastorms = {("parquet-zstd", "petastorm")} if PETASTORM_PYTHON.exists() or os.environ.get("CI") else set()
    assert by_task["read_warm"] == both | petastorms
    figures = page.Figures(records)
    assert "| TFRecord | Headrace |" in page.read_table(figures)
    assert "MosaicML Streaming" in page.render_plot(records)

    # A line that was not finished is measured again, and nothing else.
    journal = tmp_path / "measurements.jsonl"
    journal.write_text(journal.read_text()[:-20])
    again = compare(tables, tmp_path, *formats)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count(" M rows/s") == 1


def test_what_is_written_from_memory_is_read_again(tables, tmp_path):
    for only in ("headrace", "pyarrow"):
        words = ["--variants", "tfrecord-gzip,parquet,mds", "--tasks", "convert,write", "--only", only]
        done = compare(tables, tmp_path, *words)
        assert done.returncode == 0, done.stdout + done.stderr
    written = {(r["variant"], r["system"]) for r in read_records(tmp_path) if r["task"] == "write" and r["checked"]}
    headrace = {(name, "headrace") for name in ("tfrecord-gzip", "parquet", "mds")}
    assert written == headrace | {("parquet", "pyarrow")}
    assert not (tmp_path / "headrace-compare").exists()


def test_times_do_not_count_where_a_value_differs(tables, tmp_path):
    arguments = ["--variants", "arrow", "--tasks", "convert,read_cold_5_columns"]
    assert compare(tables, tmp_path, *arguments).returncode == 0
    assert all("dropped" in record["note"] for record in read_records(tmp_path) if record["task"] != "convert")
    journal = tmp_path / "measurements.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text("".join(line for line in lines if "read" not in line))
    file = next((tmp_path / "arrow").glob("data-*/part-00001*.arrow"))
    table = pa.ipc.open_file(file.read_bytes()).read_all()
    bids = table["bid"].to_numpy().copy()
    bids[0] += 1
    table = table.set_column(table.schema.get_field_index("bid"), table.schema.field("bid"), pa.array(bids))
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    done = compare(tables, tmp_path, "--only", "pyarrow", *arguments)
    assert done.returncode == 1
    assert "DIFFERENT read_cold_5_columns arrow pyarrow: 4000 rows of 4000; columns ['bid']" in done.stdout
    assert [record["system"] for record in read_records(tmp_path) if not record["checked"]] == ["pyarrow"]


def read_records(folder):
    return json.loads((folder / "formats.json").read_text())
