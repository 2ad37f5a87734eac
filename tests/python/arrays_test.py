"""Columns as arrays: DLPack and the buffer protocol, in and out, without a copy."""

import array

import numpy as np
import pyarrow as pa
import pytest

import headrace as hr


def place_of(values) -> int:
    return np.asarray(values).__array_interface__["data"][0]


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "int64", "float32", "float64"])
def test_numbers_go_out_without_a_copy(dtype):
    theirs = np.arange(1000).astype(dtype)
    df = hr.from_dict({"x": theirs}).collect()
    for ours in (df["x"].to_numpy(), np.from_dlpack(df["x"]), np.asarray(memoryview(df["x"].values))):
        assert ours.dtype == theirs.dtype
        assert np.array_equal(ours, theirs)
        assert place_of(ours) == place_of(df["x"].to_numpy())
        assert not ours.flags.writeable


def test_numbers_come_in_without_a_copy():
    theirs = np.arange(1000.0)
    frame = hr.from_dict({"x": theirs})
    shared = hr.DataFrame(frame.collect()._rows).to_arrow()  # collect() copies, as it joins batches
    assert shared.column("x").to_pylist() == theirs.tolist()
    rows = hr.from_arrow(hr.from_dict({"x": array.array("d", [1.0, 2.0])}))
    assert rows.collect().to_dict() == {"x": [1.0, 2.0]}
    table = pa.table({"x": theirs})
    assert place_of(hr.DataFrame(hr._frame._rows_of(table))["x"].to_numpy()) == theirs.__array_interface__["data"][0]


def test_an_array_outlives_its_frame():
    values = hr.from_dict({"x": np.arange(100_000)}).filter("x % 2 = 0").collect()["x"].to_numpy()
    hr.from_dict({"y": np.zeros(100_000)}).filter("y = 0").collect()  # would reuse the memory
    assert np.array_equal(values, np.arange(0, 100_000, 2))


def test_lists_of_one_length_have_two_dimensions():
    theirs = np.arange(12, dtype="float32").reshape(4, 3)
    frame = hr.from_dict({"x": theirs})
    assert frame.schema == {"x": "fixed_size_list<float32, 3>"}
    assert np.array_equal(frame.collect()["x"].to_numpy(), theirs)


def test_several_chunks_are_joined():
    df = hr.from_dict({"x": np.arange(2_500_000)}).filter("x >= 0").collect()
    assert pa.table(df)["x"].num_chunks > 1
    assert np.array_equal(df["x"].to_numpy(), np.arange(2_500_000))


def test_what_is_no_array_says_why():
    df = hr.from_dict({"n": [1, None], "s": ["a", "b"], "v": [[1], [2, 3]]}).collect()
    with pytest.raises(hr.UnsupportedError, match="'n' is no array: it has 1 nulls"):
        df["n"].values  # noqa: B018
    with pytest.raises(hr.UnsupportedError, match="'s' is no array: it is of type string"):
        df["s"].values  # noqa: B018
    with pytest.raises(hr.UnsupportedError, match="list<int64>"):
        df["v"].values  # noqa: B018
    with pytest.raises(hr.NotFoundError, match="no column 'm'"):
        df["m"]
    assert df["n"].to_list() == [1, None]


def test_times_are_their_integers():
    days = pa.array([0, 15_706], pa.date32())
    micros = pa.array([1, -1], pa.timestamp("us", "UTC"))
    df = hr.from_arrow(pa.table({"d": days, "t": micros, "b": [True, False]})).collect()
    assert df["d"].to_numpy().tolist() == [0, 15_706]
    assert df["t"].to_numpy().tolist() == [1, -1]
    assert df["b"].to_numpy().dtype == bool
