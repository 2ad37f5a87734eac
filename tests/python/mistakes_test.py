"""Forty mistakes that people make, and how well the messages help: each is scored by a checklist.

A message gets a point for each of: the place (the name that was wrong, or the file and line), what would be valid (the
nearest name, the names there are, or the limits), the fix (a hint), and the stable code that is expected. `when` says
when the mistake is found: at the line that makes it ("built"), by validate() ("validated"), or by running ("run").
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import headrace as hr
from headrace import features as f


@dataclass
class Mistake:
    name: str
    make: Callable[[Path], object]
    code: str
    place: str
    valid: str
    when: str = "built"


def flights(folder: Path) -> hr.LazyFrame:
    return hr.scan_csv(
        folder / "flights.csv",
        schema={"carrier": "string", "flight": "int64", "dep_delay": "float64", "day": "date"},
    )


def pipeline(folder: Path, **parts) -> hr.Pipeline:
    outputs = parts.pop("outputs", [{"path": str(folder / "out"), "format": "parquet"}])
    return hr.Pipeline("flights", flights(folder), outputs=outputs, **parts)


def yaml(folder: Path, text: str) -> hr.Pipeline:
    file = folder / "p.yaml"
    file.write_text(text)
    return hr.Pipeline.from_yaml(file)


MINIMAL = "version: 1\nname: p\nsources:\n  flights: {path: flights.csv}\ntables:\n  rows: {from: flights}\n"

MISTAKES = [
    # names
    Mistake("column in filter", lambda d: flights(d).filter("dep_dely > 1"), "not_found", "dep_dely", "dep_delay"),
    Mistake("column in select", lambda d: flights(d).select("carier"), "not_found", "carier", "carrier"),
    Mistake(
        "column in expression",
        lambda d: flights(d).with_columns(x=hr.col("Carrier") + "x"),
        "not_found",
        "Carrier",
        "carrier",
    ),
    Mistake("column in drop", lambda d: flights(d).drop("fligth"), "not_found", "fligth", "flight"),
    Mistake("column in rename", lambda d: flights(d).rename({"deo_delay": "x"}), "not_found", "deo_delay", "dep_delay"),
    Mistake("key of group", lambda d: flights(d).group_by("carrer").agg(n="count()"), "not_found", "carrer", "carrier"),
    Mistake("key of join", lambda d: flights(d).join(flights(d), on="carriers"), "not_found", "carriers", "carrier"),
    Mistake("key of unique", lambda d: flights(d).unique("carrie"), "not_found", "carrie", "valid columns"),
    Mistake("function", lambda d: flights(d).with_columns(x="uper(carrier)"), "not_found", "uper", "upper"),
    Mistake(
        "aggregate",
        lambda d: flights(d).group_by("carrier").agg(m="meen(dep_delay)"),
        "invalid_pipeline",
        "meen",
        "mean",
    ),
    Mistake("type", lambda d: hr.col("a").cast("flaot64"), "invalid_argument", "flaot64", "float64"),
    Mistake(
        "type of schema",
        lambda d: hr.scan_csv(d / "flights.csv", schema={"carrier": "strnig"}),
        "invalid_pipeline",
        "strnig",
        "string",
    ),
    Mistake(
        "name of rule",
        lambda d: hr.scan_csv(d / "flights.csv", schema={"flight": {"type": "int64", "mim": 0}}),
        "invalid_pipeline",
        "mim",
        "min",
    ),
    Mistake(
        "column of schema",
        lambda d: hr.scan_csv(d / "flights.csv", schema={"carier": "string"}),
        "invalid_pipeline",
        "carier",
        "carrier",
    ),
    Mistake(
        "kind of join",
        lambda d: flights(d).join(flights(d), on="flight", how="outer"),
        "invalid_pipeline",
        "outer",
        "inner",
    ),
    Mistake(
        "on_error", lambda d: hr.scan_csv(d / "flights.csv", on_error="ignore"), "invalid_pipeline", "ignore", "drop"
    ),
    # types
    Mistake(
        "text in sum",
        lambda d: flights(d).with_columns(x=hr.col("carrier") + 1),
        "invalid_pipeline",
        "carrier",
        "number",
    ),
    Mistake("condition", lambda d: flights(d).filter("dep_delay"), "invalid_pipeline", "dep_delay", "bool"),
    Mistake(
        "text with number", lambda d: flights(d).filter(hr.col("carrier") == 7), "invalid_pipeline", "carrier", "string"
    ),
    Mistake(
        "date part of text",
        lambda d: flights(d).with_columns(y=hr.col("carrier").dt.year()),
        "invalid_pipeline",
        "year",
        "date",
    ),
    Mistake(
        "mean of text", lambda d: flights(d).group_by().agg(m="mean(carrier)"), "invalid_pipeline", "mean", "number"
    ),
    Mistake(
        "keys of two types",
        lambda d: flights(d).join(flights(d), left_on="flight", right_on="carrier"),
        "invalid_pipeline",
        "flight",
        "string",
    ),
    Mistake(
        "two arguments", lambda d: flights(d).with_columns(x="upper(carrier, 1)"), "invalid_pipeline", "upper", "1"
    ),
    Mistake(
        "aggregate in filter",
        lambda d: flights(d).filter("mean(dep_delay) > 1"),
        "invalid_pipeline",
        "mean",
        "group_by",
    ),
    # texts of expressions
    Mistake(
        "half an expression", lambda d: flights(d).filter("dep_delay >"), "invalid_pipeline", "dep_delay >", "value"
    ),
    Mistake("open quote", lambda d: flights(d).filter("carrier = 'UA"), "invalid_pipeline", "'UA", "closing"),
    # paths and data
    Mistake(
        "path", lambda d: hr.scan_parquet(d / "flihgts.parquet"), "not_found", "flihgts.parquet", "flights.parquet"
    ),
    Mistake("format", lambda d: hr.scan_parquet(d / "flights.csv"), "bad_data", "flights.csv", "Parquet"),
    Mistake("scheme", lambda d: hr.scan_parquet("gs://bucket/x.parquet"), "invalid_pipeline", "gs://", "s3://"),
    Mistake(
        "bad value",
        lambda d: hr.scan_csv(d / "bad.csv", schema={"n": "int64"}).collect(),
        "bad_data",
        "bad.csv",
        "int64",
        "run",
    ),
    Mistake(
        "value in division",
        lambda d: flights(d).with_columns(x="flight / (flight - flight)").collect(),
        "bad_data",
        "flight",
        "zero",
        "run",
    ),
    # pipelines
    Mistake(
        "transform",
        lambda d: pipeline(d, features=[_feature({"standardise": {}})]).validate(),
        "invalid_pipeline",
        "standardise",
        "standardize",
        "validated",
    ),
    Mistake(
        "column of feature",
        lambda d: pipeline(d, features=["dep_deley"]).validate(),
        "not_found",
        "dep_deley",
        "dep_delay",
        "validated",
    ),
    Mistake(
        "type of feature",
        lambda d: pipeline(d, features=[f.Feature("carrier", transforms=f.Standardize())]).validate(),
        "invalid_pipeline",
        "carrier",
        "number",
        "validated",
    ),
    Mistake(
        "format of output",
        lambda d: pipeline(d, outputs=[{"path": str(d / "o"), "format": "parqet"}]).validate(),
        "invalid_pipeline",
        "parqet",
        "parquet",
        "validated",
    ),
    Mistake(
        "column of contract",
        lambda d: pipeline(d, contract={"columns": {"carrer": {}}}).validate(),
        "invalid_pipeline",
        "carrer",
        "carrier",
        "validated",
    ),
    Mistake(
        "broken contract",
        lambda d: pipeline(d, contract={"columns": {"flight": {"max": 1}}}).run(),
        "contract_violated",
        "flight",
        "1",
        "run",
    ),
    Mistake("key of file", lambda d: yaml(d, MINIMAL + "ouputs: []\n"), "invalid_pipeline", "p.yaml:7", "outputs"),
    Mistake(
        "table of file",
        lambda d: yaml(d, MINIMAL.replace("from: flights", "from: flihgts")),
        "invalid_pipeline",
        "p.yaml:6",
        "flights",
    ),
    Mistake(
        "shares of split",
        lambda d: pipeline(d, split={"hash": "flight", "parts": {"train": 0.9, "eval": 0.2}}),
        "invalid_pipeline",
        "1.1",
        "1",
    ),
]


def _feature(transform) -> f.Feature:
    feature = f.Feature("dep_delay")
    feature._item["transforms"] = [transform]
    return feature


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mistakes")
    (folder / "flights.csv").write_text("carrier,flight,dep_delay,day\nUA,1,2.5,2013-01-01\nAA,2,,2013-01-02\n")
    (folder / "bad.csv").write_text("n\n1\nx\n")
    pq.write_table(pa.table({"a": [1]}), folder / "flights.parquet")
    return folder


def score(mistake: Mistake, error: hr.HeadraceError) -> dict[str, bool]:
    text = str(error)
    return {
        "place": mistake.place in text,
        "valid": mistake.valid in text.replace(mistake.place, ""),
        "fix": bool(error.hint),
        "code": error.code == mistake.code,
    }


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_told_with_its_place_and_its_fix(mistake, folder):
    with pytest.raises(hr.HeadraceError) as caught:
        mistake.make(folder)
    points = score(mistake, caught.value)
    assert sum(points.values()) >= 3, f"{points}\n{caught.value}"


def test_the_messages_are_good_and_early():
    assert len(MISTAKES) == 40
    assert sum(mistake.when != "run" for mistake in MISTAKES) >= 25


def test_the_mean_score(folder):
    scores = {}
    for mistake in MISTAKES:
        try:
            mistake.make(folder)
        except hr.HeadraceError as error:
            scores[mistake.name] = score(mistake, error)
    low = {name: points for name, points in scores.items() if not all(points.values())}
    assert sum(sum(points.values()) for points in scores.values()) / len(MISTAKES) >= 3.9, low
