"""Partitioned data sets: foreign readers of Hive's layout see the same rows; days are replaced, appended, read."""

import datetime
import json
import random
import subprocess

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.dataset as pa_dataset
import pyarrow.parquet as pq
import pytest

from tests.conftest import HEADRACE, headrace

COUNTRIES = ["CH", "a b", "x/y=..", "100%", "Zürich", None]


def events(rows=20_000, days=5):
    rng = random.Random(5)
    start = datetime.date(2026, 1, 1)
    return pa.table(
        {
            "number": pa.array(range(rows), pa.int64()),
            "day": pa.array([start + datetime.timedelta(days=rng.randrange(days)) for _ in range(rows)]),
            "country": pa.array([rng.choice(COUNTRIES) for _ in range(rows)]),
            "value": pa.array([rng.random() for _ in range(rows)]),
        }
    )


def in_order(table):
    return table.sort_by("number").select(["number", "day", "country", "value"])


def manifest_of(folder):
    return json.loads((folder / "manifest.json").read_text())


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    file = tmp_path_factory.mktemp("events") / "events.parquet"
    pq.write_table(events(), file, row_group_size=3000)
    return file


def test_readers_of_hive_layout_see_all_rows(source, tmp_path):
    out = tmp_path / "out"
    headrace("convert", source, out, "--format", "parquet", "--partition-by", "day,country", "--sort-by", "value desc")
    expected = in_order(pq.read_table(source))

    hive = pa_dataset.partitioning(pa.schema({"day": pa.date32(), "country": pa.string()}), flavor="hive")
    read = pa_dataset.dataset(out / "current", partitioning=hive).to_table()
    assert in_order(read).equals(expected)

    scanned = duckdb.sql(
        f"select * from read_parquet('{out}/current/**/*.parquet', hive_partitioning = true,"
        " hive_types = {'day': date, 'country': varchar})"
    ).to_arrow_table()
    assert in_order(scanned).cast(expected.schema).equals(expected)

    shards = manifest_of(out)["parts"][0]["shards"]
    assert len(shards) == 5 * len(COUNTRIES)
    for shard in shards:
        rows = pq.ParquetFile(out / shard["file"]).read()
        assert rows.column_names == ["number", "value"]
        assert rows["value"].to_pylist() == sorted(rows["value"].to_pylist(), reverse=True)
    assert json.loads(headrace("verify", out, "--output", "json"))["status"] == "good"


def test_bytes_do_not_depend_on_threads_and_memory_and_rows_go_back(source, tmp_path):
    table = pq.read_table(source)
    value = pc.cast(table["value"], pa.float32(), safe=False)  # TFRecord has no float64
    floats = tmp_path / "floats.parquet"
    pq.write_table(table.set_column(table.schema.get_field_index("value"), "value", value), floats)
    written = []
    for name, words in {
        "a": ["--threads", 1],
        "b": ["--threads", 3, "--memory", "24MiB"],
    }.items():
        out = tmp_path / name
        layout = ["--partition-by", "country", "--shuffle", 7, "--shard-bytes", "16KiB"]
        headrace("convert", floats, out, "--format", "tfrecord", *layout, *words)
        shards = manifest_of(out)["parts"][0]["shards"]
        written.append([(shard["file"].split("/", 1)[1], shard["checksum"], shard["row_digest"]) for shard in shards])
        sizes = [shard["bytes"] for shard in shards]
        assert len(shards) > 2 * len(COUNTRIES)
        assert all(12 << 10 < size < 20 << 10 for size in sizes), sizes
    assert written[0] == written[1]
    headrace("convert", tmp_path / "a", tmp_path / "back", "--format", "parquet")
    assert manifest_of(tmp_path / "back")["row_digest"] == manifest_of(tmp_path / "a")["row_digest"]
    assert "partition_by" not in manifest_of(tmp_path / "back")


PIPELINE = """
version: 1
name: daily
parameters: {{first: 2026-01-01, last: 2026-01-05}}
sources:
  events:
    path: {source}
tables:
  rows:
    from: events
    steps:
    - filter: day between date '${{first}}' and date '${{last}}'
features:
- {{name: number, role: key}}
- {{name: day, role: pass_through}}
- {{name: country, transforms: [vocabulary]}}
outputs:
- {{path: {out}, format: parquet, partition_by: [day], sort_by: [number], mode: {mode}}}
state: {out}-state
report: {out}-run.json
"""


def run_daily(tmp_path, source, mode, *words, fails=False):
    pipeline = tmp_path / "daily.yaml"
    pipeline.write_text(PIPELINE.format(source=source, out=tmp_path / "days", mode=mode))
    done = subprocess.run([HEADRACE, "run", pipeline, "--quiet", *map(str, words)], capture_output=True, text=True)
    assert (done.returncode != 0) == fails, done.stderr
    return done.stderr


def numbers_by_day(folder):
    rows = {}
    for shard in manifest_of(folder)["parts"][0]["shards"]:
        numbers = pq.ParquetFile(folder / shard["file"]).read()["number"].to_pylist()
        rows.setdefault(shard["partition"]["day"], []).extend(numbers)
    return rows


def test_days_are_backfilled_with_a_fixed_state(source, tmp_path):
    out = tmp_path / "days"
    table = pq.read_table(source)
    late = tmp_path / "late.parquet"
    changed = table.filter(pc.greater(table["number"], 100))
    pq.write_table(changed, late)

    def by_day(rows):
        numbers = {}
        for row in rows.sort_by([("day", "ascending"), ("number", "ascending")]).to_pylist():
            numbers.setdefault(str(row["day"]), []).append(row["number"])
        return numbers

    run_daily(tmp_path, source, "overwrite", "--set", "last=2026-01-03")
    before = by_day(table)
    days = sorted(before)
    assert numbers_by_day(out) == {day: before[day] for day in days[:3]}
    first_shards = {shard["file"] for shard in manifest_of(out)["parts"][0]["shards"]}

    # Rows whose features are fitted anew mean something else.
    refused = run_daily(tmp_path, late, "overwrite_partitions", "--set", "first=2026-01-02", fails=True)
    assert "--state" in refused and numbers_by_day(out) == {day: before[day] for day in days[:3]}

    run_daily(tmp_path, late, "overwrite_partitions", "--set", "first=2026-01-02", "--state", f"{out}-state")
    after = by_day(changed)
    assert numbers_by_day(out) == {days[0]: before[days[0]]} | {day: after[day] for day in days[1:]}
    assert not (out / "current").exists()
    kept = first_shards & {shard["file"] for shard in manifest_of(out)["parts"][0]["shards"]}
    assert len(kept) == 1
    assert sum(1 for _ in out.rglob("*.parquet")) == 5  # what was replaced is removed
    assert json.loads(headrace("verify", out, "--output", "json"))["status"] == "good"

    run_daily(tmp_path, late, "append", "--set", "first=2026-01-05", "--state", f"{out}-state")
    twice = numbers_by_day(out)[days[4]]
    assert twice == after[days[4]] * 2
    files = headrace("inspect", out, "--files").split()
    assert len(files) == 6 and sum(pq.ParquetFile(file).metadata.num_rows for file in files) == sum(
        len(numbers) for numbers in numbers_by_day(out).values()
    )


def test_tables_in_hive_layout_are_sources(tmp_path):
    raw = tmp_path / "raw"
    table = events(rows=3000)
    pa_dataset.write_dataset(
        table,
        raw,
        format="csv",
        partitioning=pa_dataset.partitioning(pa.schema({"country": pa.string(), "day": pa.date32()}), flavor="hive"),
    )
    pipeline = tmp_path / "pipeline.yaml"
    pipeline.write_text(f"""
version: 1
name: hive
sources:
  raw: {{path: '{raw}/**/*.csv', partition_columns: {{day: date, country: string}}}}
tables:
  rows:
    from: raw
    steps:
    - filter: country is not null and day > date '2026-01-02'
outputs:
- {{path: {tmp_path / "out"}, format: parquet, shards: 1}}
report: {tmp_path / "run.json"}
""")
    headrace("run", pipeline, "--quiet")
    file = manifest_of(tmp_path / "out")["parts"][0]["shards"][0]["file"]
    keeps = pc.and_(pc.is_valid(table["country"]), pc.greater(table["day"], pa.scalar(datetime.date(2026, 1, 2))))
    assert in_order(pq.ParquetFile(tmp_path / "out" / file).read()).equals(in_order(table.filter(keeps)))
    # Partitions that the filter rules out are not read.
    read = json.loads((tmp_path / "run.json").read_text())
    scanned = next(operator for operator in read["operators"] if operator["kind"] == "scan")
    assert scanned["rows_out"] <= table.filter(pc.greater(table["day"], pa.scalar(datetime.date(2026, 1, 2)))).num_rows

    wrong = tmp_path / "raw" / "day=2026-01-09"
    wrong.mkdir()
    pa_csv.write_csv(pa.table({"number": [1], "value": [0.5]}), wrong / "x.csv")
    done = subprocess.run([HEADRACE, "run", pipeline, "--quiet"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "partition column 'country'" in done.stderr and "x.csv" in done.stderr
