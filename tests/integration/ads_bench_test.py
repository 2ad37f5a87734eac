"""The ads benchmark at a tiny scale: its peers agree, and its checker finds what does not."""

import shutil
import subprocess
import sys

import duckdb
import pytest

from bench.check import check
from bench.plot import draw
from bench.records import KEYS, make_record, merge_records
from tests.conftest import ROOT

SCALE = "0.001"
PEERS = ROOT / "bench" / "peers"
PEERS_PYTHON = ROOT / "build" / "envs" / "peers" / "bin" / "python"


def run(*command):
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ads-data")
    run(ROOT / "build" / "release" / "headrace_bench_data", "--scale", SCALE, "--out", folder)
    return folder


@pytest.fixture(scope="module")
def reference(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("ads-duckdb")
    run(sys.executable, PEERS / "duckdb_ads.py", "--data", data, "--out", out)
    return out


def write_changed(reference, out, query):
    """Writes the result of a query over the reference's rows, the table o."""
    source = f"read_parquet('{reference}/*.parquet')"
    duckdb.sql(f"copy (with o as (from {source}) {query}) to '{out}/part.parquet' (format parquet)")
    return out


def columns_of(differences):
    return {difference.split(": ")[1] for difference in differences}


@pytest.mark.parametrize("system", ["polars", "datafusion"])
def test_a_peer_writes_what_duckdb_writes(system, data, reference, tmp_path):
    run(PEERS_PYTHON, PEERS / f"{system}_ads.py", "--data", data, "--out", tmp_path)
    differences, notes = check(data, reference, [tmp_path])
    assert differences == []
    assert any("29 columns compared" in note for note in notes)


def test_one_changed_value_of_every_kind_is_found(data, reference, tmp_path):
    first, second = duckdb.sql(
        f"select min(impression_id), max(impression_id) from read_parquet('{reference}/*.parquet') where brand > 17"
    ).fetchall()[0]
    agent = duckdb.sql(
        f"select user_agent from read_parquet('{reference}/*.parquet') group by 1 order by count(*) desc limit 1"
    ).fetchall()[0][0]
    changes = {
        "position": f"case when impression_id = {first} then position + 1 else position end",
        "clicked": f"case when impression_id = {first} then null else clicked end",
        "price": f"case when impression_id = {second} then price + 0.00001 else price end",
        "temperature": f"case when impression_id = {first} then 'nan'::float else temperature end",
        "budget": "budget + 0.0000002",
        "country": f"case when impression_id = {second} then country + 1 else country end",
        "brand": f"case when impression_id = {first} then 2 else brand end",
        "interests": f"case when impression_id = {first} then list_transform(interests, lambda x: 1 - x)"
        " else interests end",
        "user_agent": f"case when user_agent = {agent} and impression_id % 2 = 0 then 1001 - user_agent"
        " else user_agent end",
        "url": "2 + url % 10",
        "device_category": "device_category + 1000",
        "title_words": f"case when impression_id = {first} then list_reverse(title_words) else title_words end",
        "bid_bucket": "case when bid_bucket = 5 and bid = (select max(bid) from o where bid_bucket = 5)"
        " then 7 else bid_bucket end",
    }
    selected = ", ".join(f"{sql} as {name}" for name, sql in changes.items())
    differences, _ = check(
        data, reference, [write_changed(reference, tmp_path, f"select * replace ({selected}) from o")]
    )
    assert columns_of(differences) == changes.keys() - {"budget"}
    assert any(f"impression {first}" in difference for difference in differences)


def test_missing_rows_repeated_rows_and_other_columns_are_found(data, reference, tmp_path):
    outs = [tmp_path / name for name in ("missing", "repeated", "columns")]
    queries = [
        "select * from o where impression_id <> (select max(impression_id) from o)",
        "select * from o union all select * from o where impression_id = (select max(impression_id) from o)",
        "select * exclude (weekday), weekday as day_of_week from o",
    ]
    for out, query in zip(outs, queries, strict=True):
        out.mkdir()
        write_changed(reference, out, query)
    differences, _ = check(data, reference, outs)
    found = {folder: columns_of(d for d in differences if d.startswith(f"{folder}: ")) for folder in outs}
    assert found == {outs[0]: {"rows"}, outs[1]: {"impression_id", "rows"}, outs[2]: {"columns"}}


def test_an_interval_id_may_differ_next_to_a_boundary_only(data, reference, tmp_path):
    query = (
        "select * replace (case when bid_bucket = 9 and bid = (select min(bid) from o where bid_bucket = 9) then 8"
        " else bid_bucket end as bid_bucket) from o"
    )
    differences, notes = check(data, reference, [write_changed(reference, tmp_path, query)])
    assert differences == []
    excused = [note for note in notes if "bid_bucket" in note and "next to a boundary" in note]
    assert excused
    assert " 0 rows" not in excused[0]


def test_ids_of_headrace_have_to_be_those_of_its_hash(data, reference, tmp_path):
    shutil.copytree(reference, tmp_path, dirs_exist_ok=True)
    file = next(path.name for path in tmp_path.glob("*.parquet"))
    (tmp_path / "manifest.json").write_text(f'{{"parts": [{{"shards": [{{"file": "{file}"}}]}}]}}')
    differences, _ = check(data, reference, [tmp_path])
    assert {"user_agent", "url", "device_category", "country_category", "title_words"} <= columns_of(differences)
    assert all("XXH3" in difference for difference in differences)


def test_records_replace_those_of_the_same_run_and_are_drawn(tmp_path):
    common = dict.fromkeys(KEYS, "") | {"threads": 2, "rows": 1, "bytes": 1, "peak_bytes": 1, "checked": True}
    for name in ("seconds", "seconds_all", "machine", "date"):
        del common[name]
    old = [make_record([3.0, 1.0, 2.0], **common | {"system": system, "scale": "1"}) for system in ("duckdb", "polars")]
    new = make_record([9.0], **common | {"system": "duckdb", "scale": "1"})
    assert old[0]["seconds"] == 2.0
    merge_records(tmp_path / "results.json", old)
    records = merge_records(tmp_path / "results.json", [new])
    assert [record["seconds"] for record in records] == [9.0, 2.0]
    assert "9.00 s" in draw(records, "title")
