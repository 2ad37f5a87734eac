"""Statistics of columns against DuckDB and plain Python, on the flights data."""

import json
import math

import duckdb
import pytest

import headrace as hr
from headrace import features as f
from tests.conftest import FLIGHTS, headrace

NUMBERS = ["dep_delay", "air_time", "distance", "hour", "flight"]
TEXTS = ["carrier", "dest", "tailnum"]


@pytest.fixture(scope="module")
def flights():
    return hr.scan_csv(FLIGHTS / "data/flights.csv", null_values=["", "NA"])


@pytest.fixture(scope="module")
def result(flights, tmp_path_factory):
    out = tmp_path_factory.mktemp("statistics")
    features = [f.Feature(name) for name in [*NUMBERS, *TEXTS]]
    return hr.Pipeline("flights", flights, features=features, outputs=[{"path": out, "format": "parquet"}]).run()


@pytest.fixture(scope="module")
def oracle():
    connection = duckdb.connect()
    connection.sql(f"create view flights as from read_csv('{FLIGHTS}/data/flights.csv', nullstr=['', 'NA'])")
    return connection


@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_are_what_duckdb_finds(result, oracle, name):
    column = result.statistics.before[name]
    count, nulls, distinct, least, greatest, mean, deviation = oracle.sql(
        f"select count({name}), count(*) - count({name}), count(distinct {name}), min({name}), max({name}),"
        f" avg({name}), stddev_samp({name}) from flights"
    ).fetchall()[0]
    assert (column["rows"] - column["nulls"], column["nulls"]) == (count, nulls)
    assert column["distinct"] == {"count": distinct, "exact": True}
    assert (column["min"], column["max"]) == (least, greatest)
    assert column["mean"] == pytest.approx(mean, rel=1e-12)
    assert column["stddev"] == pytest.approx(deviation, rel=1e-9)
    for quantile in column["quantiles"]["values"]:
        share = quantile["percent"] / 100
        (expected,) = oracle.sql(f"select quantile_disc({name}, {share}) from flights").fetchall()[0]
        assert quantile["value"] == expected
    edges, counts = column["histogram"]["edges"], column["histogram"]["counts"]
    assert sum(counts) == count
    for i, bar in enumerate(counts):
        end = "<=" if i + 1 == len(counts) else "<"
        (expected,) = oracle.sql(
            f"select count(*) from flights where {name} >= {edges[i]!r}::double"
            f" and {name} {end} {edges[i + 1]!r}::double"
        ).fetchall()[0]
        assert bar == expected


@pytest.mark.parametrize("name", TEXTS)
def test_texts_are_what_duckdb_finds(result, oracle, name):
    column = result.statistics.before[name]
    top = oracle.sql(
        f"select {name}, count(*) as n from flights where {name} is not null group by 1"
        f" order by n desc, {name} limit 20"
    ).fetchall()
    assert [(entry["value"], entry["count"]) for entry in column["top"]] == top
    (distinct, shortest, longest) = oracle.sql(
        f"select count(distinct {name}), min(strlen({name})), max(strlen({name})) from flights"
    ).fetchall()[0]
    assert column["distinct"] == {"count": distinct, "exact": True}
    assert (column["lengths"]["min"], column["lengths"]["max"]) == (shortest, longest)


def test_the_written_columns_have_theirs(result):
    after = result.statistics.after
    assert list(after) == [*NUMBERS, *TEXTS]
    assert after["distance"]["mean"] == result.statistics.before["distance"]["mean"]


def test_they_are_the_same_for_any_number_of_threads(flights_out, tmp_path):
    def statistics(folder):
        sides = json.loads((folder / "run.json").read_text())["statistics"]
        return {side: table["columns"] for side, table in sides.items()}

    expected = statistics(flights_out)
    assert len(expected["before"]) > 20
    for threads in (1, 3):
        out = tmp_path / str(threads)
        headrace("run", FLIGHTS / "pipeline.yaml", "--set", f"out={out}", "--threads", threads, "--quiet")
        assert statistics(out) == expected


def test_many_different_values_are_estimated(tmp_path):
    rows = hr.from_dict({"x": [math.sqrt(i) for i in range(50_000)], "id": [f"id {i}" for i in range(50_000)]})
    result = hr.Pipeline("many", rows, outputs=[{"path": tmp_path, "format": "parquet"}]).run()
    x, text = result.statistics.before["x"], result.statistics.before["id"]
    assert not x["quantiles"]["exact"]
    assert x["distinct"]["count"] == pytest.approx(50_000, rel=0.07)
    assert text["distinct"]["count"] == pytest.approx(50_000, rel=0.07)
    assert "top" not in x and "top" not in text
    assert (x["min"], x["max"]) == (0, math.sqrt(49_999))
    for quantile in x["quantiles"]["values"]:
        assert quantile["value"] == pytest.approx(math.sqrt(500 * quantile["percent"]), rel=0.005)


def test_they_can_be_left_out(tmp_path):
    pipeline = hr.Pipeline("p", hr.from_dict({"a": [1, 2]}), outputs=[{"path": tmp_path, "format": "parquet"}])
    result = pipeline.run(statistics=False)
    assert "statistics" not in result.report
    assert result.statistics.before == {}
    assert result.contract is None
    assert "<table>" in result._repr_html_()


def test_results_show_themselves(result, tmp_path):
    rows = hr.from_dict({"a": [1, 2]})
    promise = {"columns": {"a": {"nullable": False}}}
    kept = hr.Pipeline("p", rows, contract=promise, outputs=[{"path": tmp_path, "format": "parquet"}]).run()
    assert kept.contract is not None and kept.contract.kept
    assert "a is not null" in kept.contract._repr_html_()
    assert kept.contract.promises[0]["violations"] == 0
    page = result.statistics._repr_html_()
    assert "distance" in page and "<svg" in page
    assert "8 columns before" in repr(result.statistics)
    assert "<script" not in result._repr_html_()
