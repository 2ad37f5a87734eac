"""The comparison of engines runs on few rows, its page is made of records, and prices are what they should be."""

import json
import re
import subprocess
import sys
from dataclasses import replace

import pytest

from bench.engines import engines_page, price
from bench.records import KEYS, make_record
from tests.chromium import Browser
from tests.conftest import ROOT

SCALE = "0.001"
SPARK = ROOT / "build/envs/pyspark/archive.stamp"
SYSTEMS = ["duckdb", "headrace"]
ON_SPARK = ["headrace-spark"] if SPARK.is_file() else []


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    command = [ROOT / "build/release/headrace_bench_data", "--scale", SCALE, "--out", folder]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)
    return folder


def compare(tables, folder, *words):
    command = [ROOT / "bench/engines/run.py", "--data", tables, "--sf", SCALE, "--runs", 1, "--memory", "2GiB"]
    command += ["--out", folder, "--results", folder / "engines.json", "--no-page", "--no-cluster", *words]
    return subprocess.run([sys.executable, *map(str, command)], capture_output=True, text=True)


def test_engines_are_proved_equal_and_a_stopped_run_goes_on(tables, tmp_path):
    words = ["--systems", ",".join([*SYSTEMS, *ON_SPARK])]
    done = compare(tables, tmp_path, *words)
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads((tmp_path / "engines.json").read_text())
    found = {(record["task"], record["system"]) for record in records}
    expected = {("job_parquet", system) for system in (*SYSTEMS, *ON_SPARK)}
    assert found == expected | {("job_tfrecord", system) for system in ("headrace", *ON_SPARK)}
    assert len({record["rows"] for record in records}) == 1
    for record in records:
        assert record["checked"]
        assert record["bytes"] > 0
        assert 0 < sum(record["stages"].values()) <= record["seconds"]
        assert {"join", "fit", "write"} <= record["stages"].keys()
        assert ("start" in record["stages"]) == (record["system"] == "headrace-spark")

    # A line that was not finished is made again, and nothing else.
    journal = tmp_path / "measurements.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    cut = next(number for number, line in enumerate(lines) if "job_parquet duckdb process #1" in line)
    journal.write_text("".join([*lines[:cut], *lines[cut + 1 :]]))
    again = compare(tables, tmp_path, *words)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count(" MiB\n") == 1


def record_of(system, seconds, **values):
    common = dict.fromkeys(KEYS, "") | {
        "benchmark": "engines", "task": "job_parquet", "variant": "process", "system": system, "version": "1",
        "scale": "0.1", "threads": 2, "rows": 4_000_000, "bytes": 200_000_000, "peak_bytes": 1 << 30, "checked": True,
        "stages": {"join": seconds / 2, "fit": 0.1, "write": 0.2},
    }  # fmt: skip
    for name in ("seconds", "seconds_all", "machine", "date"):
        common.pop(name)
    return make_record([seconds], **common | values)


@pytest.fixture
def figures():
    operators = {"CometFilter": 3, "CometScan parquet ": 1, "HashAggregate": 11, "Sort": 1, "CometColumnarToRow": 4}
    records = [
        record_of("headrace", 5.0),
        record_of("headrace-spark", 40.0, variant="local[2]"),
        record_of("pyspark", 100.0, variant="local[2]"),
        record_of("comet", 120.0, variant="local[2]", operators=operators),
        record_of("duckdb", 10.0, checked=False),
        record_of("headrace", 10.0, task="job_tfrecord"),
    ]
    common = {"threads": 2, "note": "", "quality": 0.5, "import_bytes": 1}
    feed = [
        record_of(system, 1.0, benchmark="feed", task="epoch_warm", variant="batch-4096", rows=rows, **common)
        for system, rows in (("headrace", 10_000_000), ("petastorm", 250_000), ("tfdata-example", 100_000))
    ]
    formats = [record_of("headrace", 10.0, benchmark="formats", task="convert", variant="tfrecord")]
    return engines_page.Figures(records, feed=feed, formats=formats)


def test_prices_are_hours_by_dbu_and_machines():
    place = price.Place("x", "a cluster", 128, 13.7, 0.15, 6.144)
    assert place.dollars_per_hour() == pytest.approx(8.199)
    assert place.cost(1800) == pytest.approx(4.0995)
    model = price.Model("an engine", "pyspark", place, efficiency=0.5, speedup=4.0)
    assert model.seconds(1280, 2) == pytest.approx(1280 * 2 / 128 / 0.5 / 4)


def test_clusters_cost_what_was_to_be_compared():
    prices = price.Prices()
    assert [prices.places[key].dbu_per_hour for key in ("cpu", "photon", "gpu")] == [13.7, 32.6, 14.25]
    assert {model.place.key for model in prices.models} <= prices.places.keys()
    assert all(entry["by"] for entry in prices.published)


def test_tables_tell_measured_modelled_and_published_apart(figures):
    head, rows = engines_page.time_rows(figures)
    assert [row[1] for row in rows] == [
        "Headrace", "Headrace on Spark, local[2]", "Spark, DataFrames, local[2]", "Spark 3.5 + Comet, local[2]",
    ]  # fmt: skip
    assert [row[head.index("faster than Spark by")] for row in rows] == ["20 ×", "2.5 ×", "1 ×", "0.833 ×"]
    assert "DuckDB" in dict(engines_page.setup_rows(figures)[1])["left out, since not proved equal"]
    assert engines_page.operator_rows(figures)[1][0][1] == "4 of 16, 25%"
    assert all("modelled" in row[0] for row in engines_page.modelled_rows(figures)[1])
    assert all("published" in row[0] for row in engines_page.published_rows(figures)[1])
    # 100 s at SF 0.1 are 1,000 s for 100 M input rows on 2 cores.
    assert engines_page.modelled_rows(figures)[1][0][4] == engines_page.seconds_text(1000 * 2 / 128 / 0.5)


def test_the_road_adds_what_was_measured_for_each_part(figures):
    roads = {(engine.split(",")[0], form): steps for engine, form, _, steps in figures.roads()}
    assert len(roads) == 9
    seconds = [step.seconds for step in roads["Spark", "TFRecord"]]
    assert seconds == pytest.approx([2500, 250, 1000])
    # Headrace writes TFRecord itself.
    assert [step.seconds for step in roads["Headrace", "TFRecord"]] == pytest.approx([250, 1000])
    assert [step.seconds for step in roads["Headrace", "Petastorm Parquet"]] == pytest.approx([125, 400])


def test_the_report_needs_nothing_from_elsewhere_and_prices_can_be_changed(figures):
    report = engines_page.render_report([], figures)
    assert not re.search(r'(?:src|href)="https?:|@import|url\(', report)
    assert report.count("<svg ") == 1
    for place in figures.prices.places:
        assert report.count(f'<input type="number" min="0" step="any" data-place="{place}"') == 3
    # Every cost says what it was computed of.
    cells = re.findall(r'<td class="cost" data-place="(\w+)" data-seconds="([\d.e-]+)">([^<]*)</td>', report)
    assert cells
    for place, seconds, text in cells:
        assert text == engines_page.dollars(figures.prices.places[place].cost(float(seconds)))


def test_a_changed_price_changes_the_costs_in_a_browser(figures, tmp_path):
    page = tmp_path / "report.html"
    page.write_text(engines_page.render_report([], figures))
    browser = Browser(tmp_path / "profile")
    try:
        browser.open(page)
        change = """(() => {
          const field = document.querySelector('input[data-place="machine"][data-name="machine"]');
          field.value = "36"; field.dispatchEvent(new Event("input", {bubbles: true}));
          const cells = [...document.querySelectorAll('td.cost[data-place="machine"]')];
          return JSON.stringify(cells.slice(0, 3).map(cell => cell.textContent));
        })()"""
        assert json.loads(browser.evaluate(change)) == ["$0.05", "$0.5", "20 ×"]
        assert browser.complaints == []
        assert [url for url in browser.requests if not url.startswith("file:")] == []
    finally:
        browser.close()


def test_another_price_gives_another_page(figures):
    machine = replace(figures.prices.machine, machine_dollars_per_hour=36.0)
    figures.prices.machine = machine
    head, rows = engines_page.price_rows(figures)
    assert str(rows[0][head.index("a run")]) == "$0.05"
    assert str(rows[0][head.index("100 M input rows")]) == "$0.5"
    assert str(rows[0][head.index("cheaper than Spark by")]) == "20 ×"
