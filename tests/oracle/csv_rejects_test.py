"""Random CSV tables, some of their rows bad, read by Headrace and by DuckDB: the same rows, the same rejects.

DuckDB reports every fault of a row and counts rows where Headrace counts lines, so rows are compared by their text, and
our kind must be one of its kinds.
"""

import json
import random
import subprocess

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import HEADRACE, shard_files

KINDS = {
    "CAST": "cast",
    "MISSING COLUMNS": "missing_columns",
    "TOO MANY COLUMNS": "too_many_columns",
    "UNQUOTED VALUE": "unquoted_value",
}
PIPELINE = """
version: 1
name: rejects
sources:
  t: {path: PATH, on_error: quarantine, schema: {i: int32, s: string, f: float64}}
tables:
  rows: {from: t}
features:
  - {name: i, role: pass_through}
  - {name: s, role: pass_through}
  - {name: f, role: pass_through}
outputs:
  - {path: OUT/rows, format: parquet}
"""
GOOD = (
    ["1", "-5", "", "2147483647"],
    ["a", '"q,r"', '"line 1\nline 2"', '"say ""x"""', "", 'pipe"y', "longer text here"],
    ["1.5", "", "-0.25", "7"],
)
BAD = (["x", "99999999999"], ['"c"x'], ["1.5.5", "abc"])


def random_table(seed, row_count=3000):
    """The text of a table, about one row in thirty of it bad."""
    rand = random.Random(seed)
    text = "i,s,f\n"
    for _ in range(row_count):
        is_bad = rand.random() < 0.05
        row = [rand.choice(GOOD[c] + BAD[c] if is_bad else GOOD[c]) for c in range(3)]
        if is_bad and rand.random() < 0.4:
            row = row[: rand.randint(1, 2)] if rand.random() < 0.5 else row + ["extra"] * rand.randint(1, 2)
        text += ",".join(row) + "\n"
    return text


def rows_of_duckdb(path):
    """Rows, and per reject its text and kinds, in the order of the file."""
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select * from read_csv(?, columns={'i': 'INTEGER', 's': 'VARCHAR', 'f': 'DOUBLE'}, header=true, delim=',',"
            " quote='\"', escape='\"', auto_detect=false, nullstr='', store_rejects=true, strict_mode=true)",
            [str(path)],
        ).fetchall()
        rejects = {}
        for line, kind, text in connection.execute(
            "select line, error_type, csv_line from reject_errors order by line"
        ).fetchall():
            rejects.setdefault(line, (text.rstrip("\n"), set()))[1].add(KINDS[kind])
    return rows, list(rejects.values())


@pytest.mark.parametrize("seed", [1, 2])
def test_good_and_bad_rows_are_those_of_duckdb(tmp_path, seed):
    path = tmp_path / "t.csv"
    text = random_table(seed)
    path.write_text(text)
    pipeline = tmp_path / "pipeline.yaml"
    pipeline.write_text(PIPELINE.replace("PATH", str(path)).replace("OUT", str(tmp_path)))
    done = subprocess.run([HEADRACE, "run", pipeline, "--quiet", "--output", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    their_rows, their_rejects = rows_of_duckdb(path)
    manifest = json.loads((tmp_path / "rows" / "manifest.json").read_text())
    parts = [part["name"] for part in manifest["parts"]]
    table = pa.concat_tables(pq.read_table(file) for part in parts for file in shard_files(tmp_path / "rows", part))
    our_rows = list(zip(*(table.column(name).to_pylist() for name in "isf"), strict=True))
    assert sorted(our_rows, key=repr) == sorted(their_rows, key=repr)

    quarantine = tmp_path / "quarantine"
    parts = [part["name"] for part in json.loads((quarantine / "manifest.json").read_text())["parts"]]
    table = pa.concat_tables(pq.read_table(file) for part in parts for file in shard_files(quarantine, part))
    our_rejects = sorted(table.to_pylist(), key=lambda row: row["byte_offset"])
    assert [row["text"].decode() for row in our_rejects] == [reject for reject, _ in their_rejects]
    assert len(our_rejects) > 50
    for row, (_, kinds) in zip(our_rejects, their_rejects, strict=True):
        assert row["kind"] in kinds
        assert text.encode()[row["byte_offset"] :].startswith(row["text"])
        assert row["line"] == text.encode()[: row["byte_offset"]].count(b"\n") + 1
