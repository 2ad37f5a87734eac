"""Pipelines in Python: the same as those of files."""

import json
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import headrace as hr
from headrace import features as f
from tests.conftest import FLIGHTS, HEADRACE


@pytest.fixture
def prices(tmp_path):
    table = pa.table(
        {
            "price": [float(i) for i in range(100)],
            "shop": [f"s{i % 7}" for i in range(100)],
            "sold": [i % 3 == 0 for i in range(100)],
        }
    )
    pq.write_table(table, tmp_path / "prices.parquet")
    return hr.scan_parquet(tmp_path / "prices.parquet").filter("price > 9", name="dear")


def make_pipeline(frame, out, **more):
    return hr.Pipeline(
        "prices",
        frame,
        features=[
            f.Feature("price", transforms=f.Fill(with_="median") | f.Log1p() | f.Standardize()),
            f.Feature("shop", transforms=f.Vocabulary(min_count=2, oov_buckets=3)),
            f.Feature("sold", hr.col("sold").cast("int64"), role="label"),
            f.Feature("dear", hr.col("price") > 50),
        ],
        split={"hash": hr.col("shop"), "parts": {"train": 0.8, "eval": 0.2}},
        outputs=[{"path": out / "rows", "format": "parquet", "shards": 2}],
        **more,
    )


def test_a_pipeline_runs_like_its_file(prices, tmp_path):
    pipeline = make_pipeline(prices, tmp_path / "python")
    result = pipeline.run()
    assert "rows" in repr(result)
    assert result.report["library_versions"]["arrow"].startswith("26.")
    file = tmp_path / "pipeline.yaml"
    file.write_text(pipeline.to_yaml().replace("/python/", "/yaml/"))
    done = subprocess.run([HEADRACE, "run", file, "--output", "json", "--quiet"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["row_digest"] == result.row_digest
    assert report["fitted_state_digest"] == result.report["fitted_state_digest"]
    again = hr.Pipeline.from_yaml(file)
    checked = subprocess.run([HEADRACE, "validate", file, "--output", "json"], capture_output=True, text=True)
    digests = {pipeline.plan_digest, again.plan_digest, json.loads(checked.stdout)["plan_digest"]}
    assert len(digests) == 1 and next(iter(digests)).startswith("xxh3:")
    other = make_pipeline(prices.filter("price > 10"), tmp_path / "python")
    assert other.plan_digest not in digests
    # Relative to the file, paths are shorter; read and written again, the text stays.
    file.write_text(again.to_yaml())
    assert hr.Pipeline.from_yaml(file).to_yaml() == file.read_text()
    assert again.run(threads=1).row_digest == result.row_digest


def test_a_state_is_used_again(prices, tmp_path):
    first = make_pipeline(prices, tmp_path / "a").run()
    second = make_pipeline(prices.filter("price < 50"), tmp_path / "b").run(state=tmp_path / "a/state")
    assert second.report["fitted_state_digest"] == first.report["fitted_state_digest"]
    assert not second.report["fitted"]


def test_the_flights_example_is_read_and_validated():
    pipeline = hr.Pipeline.from_yaml(FLIGHTS / "pipeline.yaml", {"out": "elsewhere"})
    known = pipeline.validate()
    assert [feature["name"] for feature in known["features"]][:2] == ["late", "time_hour"]
    assert "elsewhere" in pipeline.to_yaml()
    assert "join" in pipeline.explain()


def test_a_contract_that_is_broken_publishes_nothing(prices, tmp_path):
    contract = {"columns": {"price": {"max": 50}}, "rows": {"has_shop": hr.col("shop").is_not_null()}}
    with pytest.raises(hr.ContractViolatedError) as caught:
        make_pipeline(prices, tmp_path / "out", contract=contract).run()
    assert "price" in str(caught.value)
    assert not (tmp_path / "out/rows/manifest.json").exists()


def test_mistakes_are_found_before_anything_runs(prices, tmp_path):
    with pytest.raises(hr.InvalidPipelineError, match="unknown key 'fromat'"):
        hr.Pipeline("p", prices, outputs=[{"path": "x", "fromat": "parquet"}])
    with pytest.raises(hr.NotFoundError, match="prise"):
        hr.Pipeline(
            "p", prices, features=["prise"], outputs=[{"path": str(tmp_path / "x"), "format": "parquet"}]
        ).validate()
    with pytest.raises(hr.InvalidArgumentError, match="put transforms behind one another"):
        f.Feature("price", transforms=["log1p"])


def test_rows_in_memory_cannot_become_a_file():
    pipeline = hr.Pipeline("p", hr.from_dict({"a": [1]}))
    with pytest.raises(hr.UnsupportedError, match="rows in memory"):
        pipeline.to_yaml()


def test_every_transform_of_the_reference_has_a_class():
    documented = {line[3:] for line in hr._core.reference("transforms").splitlines() if line.startswith("## ")}
    classes = {value.name for value in vars(f).values() if isinstance(value, type) and getattr(value, "name", None)}
    parts = {"year", "quarter", "month", "week", "day", "day_of_year", "weekday", "hour", "minute"}
    assert classes | parts == documented


def test_fitting_apart_gives_the_state_of_a_run_and_encodes_the_same_bits(prices, tmp_path):
    pipeline = make_pipeline(prices, tmp_path / "out")
    fitted = pipeline.fit(threads=1)
    assert not (tmp_path / "out").exists(), "fitting writes nothing"
    result = pipeline.run()
    assert fitted.digest == result.report["fitted_state_digest"]
    assert fitted.get_feature_names_out() == ["price", "shop", "sold", "dear"]
    encoded = fitted.transform(prices).collect().to_arrow()
    columns = encoded.column_names
    written = hr.scan_parquet(tmp_path / "out/rows").collect().to_arrow()
    assert encoded.schema.types == written.schema.types
    key = [(name, "ascending") for name in columns]
    assert encoded.sort_by(key).to_pydict() == written.sort_by(key).to_pydict()


def test_a_state_is_saved_loaded_and_shown(prices, tmp_path):
    pipeline = make_pipeline(prices, tmp_path / "out")
    fitted = pipeline.fit()
    fitted.save(tmp_path / "state")
    loaded = pipeline.load(tmp_path / "state")
    assert loaded.digest == fitted.digest
    assert loaded.state == fitted.state
    assert "price" in loaded.show()
    assert "words" in loaded.show()
    other = hr.Pipeline("other", prices, features=[f.Feature("price", transforms=f.Log1p() | f.Standardize())])
    with pytest.raises(hr.InvalidPipelineError, match="price"):
        other.load(tmp_path / "state").transform(prices)
    with pytest.raises(hr.NotFoundError, match="shop"):
        fitted.transform(prices.drop("shop"))
    with pytest.raises(hr.NotFoundError):
        pipeline.load(tmp_path / "nothing")


def test_fitting_keeps_the_contract(prices, tmp_path):
    pipeline = make_pipeline(prices, tmp_path / "out", contract={"columns": {"price": {"max": 50}}})
    with pytest.raises(hr.ContractViolatedError):
        pipeline.fit()


def test_the_flights_example_fits_in_python_as_on_the_command_line(flights_out, tmp_path):
    pipeline = hr.Pipeline.from_yaml(FLIGHTS / "pipeline.yaml", {"out": tmp_path / "out"})
    assert pipeline.fit().state == json.loads((flights_out / "state/state.json").read_text())
