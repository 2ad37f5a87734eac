"""Single rows: the bits of a run, quickly, and refusals that say what is wrong."""

import datetime
import threading
import time

import numpy as np
import pyarrow as pa
import pytest

import headrace as hr
from headrace import features as f

ROWS = 1000
MICROS_PER_ROW_MAX = 60


def raw(rows: int = ROWS) -> pa.Table:
    rng = np.random.default_rng(5)
    some = rng.random(rows) < 0.05
    hours = [datetime.datetime(2013, 1, 1) + datetime.timedelta(hours=i) for i in range(rows)]
    return pa.table(
        {
            "price": pa.array(rng.lognormal(3, 1, rows), mask=some),
            "size": pa.array(rng.integers(0, 1000, rows), pa.int32()),
            "shop": pa.array([f"s{i % 37}" for i in range(rows)], mask=some),
            "at": pa.array(hours, pa.timestamp("us", "UTC")),
            "tags": pa.array([[f"t{j}" for j in range(i % 4)] for i in range(rows)], pa.list_(pa.string())),
            "sold": rng.random(rows) < 0.3,
        }
    )


def fitted(frame: hr.LazyFrame) -> hr.FittedPipeline:
    return hr.Pipeline(
        "shop",
        frame,
        features=[
            f.Feature("price", transforms=f.Fill(with_="median") | f.Log1p() | f.Standardize()),
            f.Feature("size", transforms=f.MinMax()),
            f.Feature("size_bucket", hr.col("size"), transforms=f.Bucketize(boundaries=[10, 100, 500])),
            f.Feature("shop", transforms=f.Vocabulary(min_count=2, oov_buckets=3)),
            f.Feature("shop_hot", hr.col("shop"), transforms=f.Vocabulary(min_count=2) | f.OneHot()),
            f.Feature("shop_hash", hr.col("shop"), transforms=f.Hash(buckets=100)),
            f.Feature("hour", hr.col("at"), transforms=f.TimePart("hour") | f.Cyclic(period=24)),
            f.Feature("tags", transforms=f.Vocabulary(min_count=1) | f.Pad(length=3)),
            f.Feature("ratio", hr.col("price") / (hr.col("size") + 1.0)),
            f.Feature("sold", hr.col("sold").cast("int64"), role="label"),
        ],
    ).fit()


@pytest.fixture(scope="module")
def shop():
    frame = hr.from_arrow(raw())
    return frame, fitted(frame)


def bits(value: object) -> object:
    """What tells floats apart that compare equal, and NaN from none."""
    if isinstance(value, list):
        return [bits(element) for element in value]
    return np.float64(value).tobytes() if isinstance(value, float) else value


def test_rows_one_by_one_have_the_bits_of_the_batch(shop):
    frame, pipeline = shop
    serve = pipeline.serve()
    batch = pipeline.transform(frame).collect().to_dicts()
    rows = raw().to_pylist()
    assert len(rows) == ROWS
    for row, expected in zip(rows, batch, strict=True):
        served = serve(row)
        assert {k: bits(v) for k, v in served.items()} == {k: bits(v) for k, v in expected.items()}


def test_a_row_takes_little_time(shop):
    serve = shop[1].serve()
    rows = raw().to_pylist()
    best = float("inf")
    for _ in range(5):  # other load only adds
        start = time.process_time()
        for row in rows:
            serve(row)
        best = min(best, (time.process_time() - start) / ROWS)
    print(f"{best * 1e6:.1f} µs a row of {len(serve.columns)} columns")
    assert best * 1e6 <= MICROS_PER_ROW_MAX


def test_threads_share_a_server(shop):
    serve = shop[1].serve()
    rows = raw(50).to_pylist()
    expected = [serve(row) for row in rows]
    found = {}

    def work(index: int) -> None:
        found[index] = [serve(row) for row in rows]

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(found[i] == expected for i in range(4))


def test_values_of_python_and_numpy(shop):
    serve = shop[1].serve()
    row = raw(1).to_pylist()[0] | {"price": 10.0, "other": "not looked at"}
    assert serve(row | {"size": np.int32(7)}) == serve(row | {"size": 7})
    assert serve(row | {"price": np.float64(10)}) == serve(row | {"price": 10})
    assert serve(row | {"tags": ("t1", "t2")}) == serve(row | {"tags": ["t1", "t2"]})
    zoned = row["at"].astimezone(datetime.timezone(datetime.timedelta(hours=-5)))
    assert serve(row | {"at": zoned}) == serve(row)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"size": 1 << 40}, "size"),
        ({"size": 1.5}, "1.5 is no int32"),
        ({"price": "cheap"}, "'cheap' is no float64"),
        ({"shop": 3}, "3 is no string"),
        ({"sold": 1}, "1 is no bool"),
        ({"at": "2013-01-01"}, "is no timestamp"),
        ({"tags": "t1"}, "'t1' is no list"),
        ({"tags": [1]}, "1 is no string"),
    ],
)
def test_wrong_values_are_refused_by_name(shop, change, said):
    with pytest.raises(hr.BadDataError) as caught:
        shop[1].serve()(raw(1).to_pylist()[0] | change)
    assert said in str(caught.value)
    assert next(iter(change)) in str(caught.value)


def test_a_missing_column_is_named(shop):
    row = raw(1).to_pylist()[0]
    row["shopp"] = row.pop("shop")
    with pytest.raises(hr.NotFoundError, match="(?s)'shop'.*shopp"):
        shop[1].serve()(row)
