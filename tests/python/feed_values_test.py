"""What a feed makes of columns: dtypes, nulls, lists, columns that are no tensors; and what it refuses."""

import datetime
import decimal
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import headrace as hr

ROWS = 500


def write(path, table, row_group_size=70):
    pq.write_table(table, path, row_group_size=row_group_size)
    return path


def feed_of(path, **options):
    return hr.feed(path, **{"batch_size": 64, "shuffle": 5, "window": 150, "threads": 2, **options})


def column_of(feed, name):
    """All rows of a dense column, in the order of the rows' column `id`."""
    values, ids = [], []
    for batch in feed:
        values.append(batch[name].copy())
        ids.append(batch["id"].copy())
    return np.concatenate(values)[np.argsort(np.concatenate(ids))]


def lists_of(feed, name):
    """All rows of a ragged column, in the order of `id`."""
    rows = {}
    for batch in feed:
        lists = batch[name]
        assert lists.offsets.dtype == np.int64 and lists.offsets[0] == 0 and lists.offsets[-1] == len(lists.values)
        assert lists.lengths.tolist() == np.diff(lists.offsets).tolist()
        for row, number in enumerate(batch["id"].tolist()):
            rows[number] = lists.values[lists.offsets[row] : lists.offsets[row + 1]].tolist()
    return [rows[number] for number in sorted(rows)]


def table_of(**columns):
    return pa.table({"id": pa.array(range(ROWS), pa.int64()), **columns})


DTYPES = {
    "int8": pa.int8(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float32": pa.float32(),
    "float64": pa.float64(),
}


def test_numbers_keep_their_type_and_value(tmp_path):
    columns = {name: pa.array([(7 * i) % 120 - 60 for i in range(ROWS)], dtype) for name, dtype in DTYPES.items()}
    columns["bool"] = pa.array([i % 3 == 0 for i in range(ROWS)])
    path = write(tmp_path / "rows.parquet", table_of(**columns))
    feed = feed_of(path)
    assert list(feed.schema) == ["id", *columns]
    for name, values in columns.items():
        found = column_of(feed_of(path), name)
        assert found.dtype == name and found.flags.c_contiguous
        assert feed.schema[name] == (name, (None,))
        assert found.tolist() == values.to_pylist()


def test_extremes_and_not_a_number_stay(tmp_path):
    floats = [float("inf"), float("-inf"), float("nan"), -0.0, 5e-324, 1.7976931348623157e308]
    whole = [2**63 - 1, -(2**63), 0, -1]
    table = table_of(
        f=pa.array([floats[i % 6] for i in range(ROWS)], pa.float64()),
        i=pa.array([whole[i % 4] for i in range(ROWS)], pa.int64()),
    )
    path = write(tmp_path / "rows.parquet", table)
    assert column_of(feed_of(path), "f").tobytes() == table["f"].to_numpy().tobytes()
    assert column_of(feed_of(path), "i").tolist() == table["i"].to_pylist()


def test_columns_come_in_the_order_asked_for_and_only_these(tmp_path):
    path = write(tmp_path / "rows.parquet", table_of(a=pa.array(range(ROWS)), text=pa.array(["x"] * ROWS)))
    feed = feed_of(path, columns=["a", "id"])
    assert list(feed.schema) == ["a", "id"]
    for batch in feed:
        assert list(batch) == ["a", "id"] and (batch["a"] == batch["id"]).all()


def test_dates_and_times_are_the_integers_that_they_are_stored_as(tmp_path):
    day = datetime.date(2013, 1, 1)
    times = [datetime.datetime(2013, 1, 1) + datetime.timedelta(microseconds=i) for i in range(ROWS)]
    table = table_of(
        day=pa.array([day + datetime.timedelta(days=i) for i in range(ROWS)], pa.date32()),
        time=pa.array(times, pa.timestamp("us")),
    )
    feed = feed_of(write(tmp_path / "rows.parquet", table))
    assert feed.schema["day"][0] == "int32" and feed.schema["time"][0] == "int64"
    assert column_of(feed, "day").tolist() == table["day"].cast(pa.int32()).to_pylist()
    feed.set_epoch(0)
    assert column_of(feed, "time").tolist() == table["time"].cast(pa.int64()).to_pylist()


def test_a_column_has_the_dtype_asked_for(tmp_path):
    values = pa.array([i - 250 for i in range(ROWS)], pa.int64())
    path = write(tmp_path / "rows.parquet", table_of(v=values))
    for dtype in ("int16", "int32", "float32", "float64"):
        found = column_of(feed_of(path, dtypes={"v": dtype}), "v")
        assert found.dtype == dtype and found.tolist() == values.to_pylist()
    with pytest.raises(hr.HeadraceError, match="v"):
        column_of(feed_of(path, dtypes={"v": "int8"}), "v")


# --- nulls ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_nulls(tmp_path_factory):
    table = table_of(
        i=pa.array([None if i % 5 == 2 else i for i in range(ROWS)], pa.int32()),
        f=pa.array([None if i % 7 == 3 else i / 4 for i in range(ROWS)], pa.float32()),
        b=pa.array([None if i % 3 == 1 else i % 2 == 0 for i in range(ROWS)]),
        full=pa.array(range(ROWS), pa.int64()),
    )
    return table, write(tmp_path_factory.mktemp("nulls") / "rows.parquet", table)


def test_a_null_is_an_error_that_names_the_column_and_the_ways_out(with_nulls):
    _, path = with_nulls
    for name in ("i", "f", "b"):
        with pytest.raises(hr.HeadraceError, match=f"column '{name}' has nulls") as refusal:
            column_of(feed_of(path, columns=["id", name]), name)
        for word in ('"zero"', '"nan"', '"mask"', "pipeline"):
            assert word in str(refusal.value)


@pytest.mark.parametrize("policy", ["zero", "mask"])
def test_nulls_become_zero_and_a_mask_says_where(with_nulls, policy):
    table, path = with_nulls
    for name in ("i", "f", "b"):
        found = column_of(feed_of(path, nulls=policy), name)
        assert found.tolist() == [value or 0 for value in table[name].to_pylist()]
        if policy == "mask":
            mask = column_of(feed_of(path, nulls=policy), f"{name}_is_valid")
            assert mask.dtype == bool and mask.tolist() == table[name].is_valid().to_pylist()
        else:
            assert f"{name}_is_valid" not in feed_of(path, nulls=policy).schema


def test_nulls_of_floats_become_nan_and_policies_are_by_column(with_nulls):
    table, path = with_nulls
    feed = feed_of(path, nulls={"f": "nan", "i": "mask", "b": "zero"})
    assert set(feed.schema) == {"id", "i", "i_is_valid", "f", "b", "full"}
    found = column_of(feed, "f")
    assert np.isnan(found).tolist() == table["f"].is_null().to_pylist()
    assert np.nan_to_num(found).tolist() == [value or 0 for value in table["f"].to_pylist()]
    as_float = column_of(feed_of(path, columns=["id", "i"], dtypes={"i": "float64"}, nulls="nan"), "i")
    assert np.isnan(as_float).tolist() == table["i"].is_null().to_pylist()


def test_a_policy_that_does_not_go_with_a_column_is_refused(with_nulls):
    _, path = with_nulls
    with pytest.raises(hr.InvalidArgumentError, match="column 'i' cannot be NaN: it is int32"):
        feed_of(path, nulls={"i": "nan"})
    with pytest.raises(hr.InvalidArgumentError, match="nulls cannot be 'skip'"):
        feed_of(path, nulls="skip")
    with pytest.raises(hr.InvalidArgumentError, match="nulls names column 'i', which is not fed"):
        feed_of(path, columns=["f"], nulls={"i": "zero"})
    with pytest.raises(hr.NotFoundError, match="'j'"):
        feed_of(path, nulls={"j": "zero"})


# --- lists ------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_lists(tmp_path_factory):
    draw = random.Random(3)
    lists = [[draw.randrange(1000) for _ in range(draw.choice((0, 0, 1, 2, 3, 9)))] for _ in range(ROWS)]
    fixed = [[draw.random() for _ in range(3)] for _ in range(ROWS)]
    table = table_of(
        ids=pa.array(lists, pa.list_(pa.int64())),
        weights=pa.array([[value / 8 for value in row] for row in lists], pa.list_(pa.float32())),
        large=pa.array(lists, pa.large_list(pa.int32())),
        fixed=pa.array(fixed, pa.list_(pa.float64(), 3)),
        some=pa.array([None if i % 4 == 1 else row for i, row in enumerate(lists)], pa.list_(pa.int64())),
    )
    return table, write(tmp_path_factory.mktemp("lists") / "rows.parquet", table)


@pytest.mark.parametrize("threads", [1, 2, 8])
@pytest.mark.parametrize("batch_size", [1, 64, 1000])
def test_lists_of_any_length_are_values_and_offsets(with_lists, threads, batch_size):
    table, path = with_lists
    for name in ("ids", "weights", "large"):
        feed = feed_of(path, columns=["id", name], threads=threads, batch_size=batch_size)
        assert feed.schema[name][1] == (None, None)
        assert lists_of(feed, name) == table[name].to_pylist()


def test_lists_of_one_length_are_matrices(with_lists):
    table, path = with_lists
    feed = feed_of(path, columns=["id", "fixed"])
    assert feed.schema["fixed"] == ("float64", (None, 3))
    assert column_of(feed, "fixed").tolist() == table["fixed"].to_pylist()


@pytest.mark.parametrize("length", [1, 2, 9, 20])
def test_lists_are_cut_and_filled_up_to_a_length(with_lists, length):
    table, path = with_lists
    feed = feed_of(path, columns=["id", "ids", "some"], list_lengths={"ids": length, "some": length}, nulls="zero")
    assert feed.schema["ids"] == ("int64", (None, length))
    want = [(row[:length] + [0] * length)[:length] for row in table["ids"].to_pylist()]
    assert column_of(feed, "ids").tolist() == want
    feed.set_epoch(0)
    want = [((row or [])[:length] + [0] * length)[:length] for row in table["some"].to_pylist()]
    assert column_of(feed, "some").tolist() == want


def test_null_lists_are_empty_or_masked_or_an_error(with_lists):
    table, path = with_lists
    want = [row or [] for row in table["some"].to_pylist()]
    assert lists_of(feed_of(path, columns=["id", "some"], nulls="zero"), "some") == want
    feed = feed_of(path, columns=["id", "some"], nulls="mask")
    assert lists_of(feed, "some") == want
    feed.set_epoch(0)
    assert column_of(feed, "some_is_valid").tolist() == table["some"].is_valid().to_pylist()
    with pytest.raises(hr.HeadraceError, match="column 'some' has nulls"):
        lists_of(feed_of(path, columns=["id", "some"]), "some")


def test_nulls_inside_of_lists_are_zeros_or_an_error(tmp_path):
    lists = [[None if j == i % 3 else i + j for j in range(i % 5)] for i in range(ROWS)]
    path = write(tmp_path / "rows.parquet", table_of(ids=pa.array(lists, pa.list_(pa.int64()))))
    assert lists_of(feed_of(path, nulls="zero"), "ids") == [[value or 0 for value in row] for row in lists]
    for policy in ("error", "mask"):
        with pytest.raises(hr.HeadraceError, match="column 'ids' has nulls in its lists"):
            lists_of(feed_of(path, nulls=policy), "ids")


def test_padding_is_zeros_and_empty_lists(with_lists):
    table, path = with_lists
    last = None
    for last in feed_of(path, columns=["id", "ids", "fixed"], remainder="pad"):
        assert len(last["id"]) == 64
    real = ROWS % 64
    assert last["is_row"].tolist() == [True] * real + [False] * (64 - real)
    assert not last["id"][real:].any() and not last["fixed"][real:].any() and last["id"][:real].all()
    assert last["ids"].lengths[real:].tolist() == [0] * (64 - real)


def test_batches_that_are_kept_are_not_written_over(with_lists):
    table, path = with_lists
    kept = list(feed_of(path, columns=["id", "ids", "fixed"], batch_size=16))
    ids = np.concatenate([batch["id"] for batch in kept])
    assert sorted(ids.tolist()) == list(range(ROWS))
    fixed = table["fixed"].to_pylist()
    for batch in kept:
        assert batch["fixed"].tolist() == [fixed[number] for number in batch["id"].tolist()]


# --- what is refused --------------------------------------------------------------------------------------------------


def test_columns_that_are_no_tensors_are_refused_with_the_ways_out(tmp_path):
    table = table_of(
        text=pa.array(["x"] * ROWS),
        binary=pa.array([b"x"] * ROWS),
        texts=pa.array([["x"]] * ROWS, pa.list_(pa.string())),
        price=pa.array([decimal.Decimal(i) / 4 for i in range(ROWS)], pa.decimal128(12, 2)),
        struct=pa.array([{"a": 1}] * ROWS),
        nested=pa.array([[[1]]] * ROWS, pa.list_(pa.list_(pa.int64()))),
    )
    path = write(tmp_path / "rows.parquet", table)
    for name in table.column_names[1:]:
        with pytest.raises(hr.UnsupportedError, match=f"column '{name}' is .*, which is no tensor") as refusal:
            feed_of(path, columns=["id", name])
        assert "columns=" in str(refusal.value)
        assert column_of(feed_of(path, columns=["id"]), "id").tolist() == list(range(ROWS))


def test_options_that_make_no_sense_are_refused_by_name(tmp_path):
    path = write(tmp_path / "rows.parquet", table_of(l=pa.array([[1]] * ROWS, pa.list_(pa.int64()))))

    def refusal(error=hr.InvalidArgumentError, **options):
        with pytest.raises(error) as refused:
            feed_of(path, **options)
        return str(refused.value)

    assert "batch_size is 0" in refusal(batch_size=0)
    assert "rank is 2" in refusal(rank=2, world_size=2)
    assert "rank is -1" in refusal(rank=-1, world_size=2)
    assert "world_size is 0" in refusal(rank=0, world_size=0)
    assert "window is 0" in refusal(window=0)
    assert "shuffle=7" in refusal(shuffle=True)
    assert "remainder cannot be 'cut'" in refusal(remainder="cut")
    assert "no batch fits into an epoch" in refusal(batch_size=ROWS + 1, remainder="drop")
    assert "no dtype is called 'float8'" in refusal(dtypes={"id": "float8"})
    assert "cannot become string" in refusal(dtypes={"id": "string"})
    assert "cast the elements" in refusal(dtypes={"l": "float32"})
    assert "list length of column 'l' is 0" in refusal(list_lengths={"l": 0})
    assert "which is int64" in refusal(list_lengths={"id": 3})
    assert "'no'" in refusal(hr.NotFoundError, columns=["no"])
    assert "has no part 'train'" in refusal(part="train")
    with pytest.raises(hr.NotFoundError, match="nowhere"):
        hr.feed(tmp_path / "nowhere", batch_size=4)


def test_names_of_masks_do_not_hide_columns(tmp_path):
    names = {
        "i_is_valid": pa.array(range(ROWS)),
        "i": pa.array([None, 1] * (ROWS // 2)),
        "is_row": pa.array([0] * ROWS),
    }
    path = write(tmp_path / "rows.parquet", table_of(**names))
    with pytest.raises(hr.InvalidArgumentError, match="two tensors are called 'i_is_valid'"):
        feed_of(path, nulls="mask")
    with pytest.raises(hr.InvalidArgumentError, match="two tensors are called 'is_row'"):
        feed_of(path, nulls="zero", remainder="pad")


def test_the_schema_and_the_state_that_are_expected_are_checked(tmp_path):
    path = write(tmp_path / "rows.parquet", table_of(v=pa.array([0.5] * ROWS)))
    assert feed_of(path, expect_schema={"id": "int64", "v": "float64"}).row_count == ROWS
    with pytest.raises(hr.InvalidArgumentError, match="column 'w' is expected"):
        feed_of(path, expect_schema={"w": "int64"})
    with pytest.raises(hr.InvalidArgumentError, match="column 'v' is float64, and float32 is expected") as refusal:
        feed_of(path, expect_schema={"v": "float32"})
    assert 'dtypes={"v": "float32"}' in str(refusal.value)
    frame = hr.scan_parquet(path)
    features = [hr.features.Feature("v", transforms=hr.features.Standardize())]
    pipelines = {
        name: hr.Pipeline("scaled", rows, features=features, outputs=[{"path": tmp_path / name, "format": "parquet"}])
        for name, rows in (("out", frame), ("other", frame.with_columns(v="v + cast(id as float64)")))
    }
    fitted = {name: pipeline.fit() for name, pipeline in pipelines.items()}
    for pipeline in pipelines.values():
        pipeline.run()
    assert feed_of(tmp_path / "out", expect_state=fitted["out"]).state_digest == fitted["out"].digest
    with pytest.raises(hr.InvalidArgumentError, match="were encoded with the fitted state"):
        feed_of(tmp_path / "out", expect_state=fitted["other"])
    with pytest.raises(hr.InvalidArgumentError, match=r"\(none\)"):
        feed_of(path, expect_state=fitted["out"])


def test_lengths_and_numbers_of_rows_are_known_before_reading(tmp_path):
    path = write(tmp_path / "rows.parquet", table_of())
    assert len(feed_of(path)) == 8 and len(feed_of(path, epochs=3)) == 24 and len(feed_of(path, epochs=0)) == 0
    assert len(feed_of(path, remainder="drop")) == 7
    assert len(feed_of(path, rank=1, world_size=3)) == 3
    endless = feed_of(path, epochs=None)
    with pytest.raises(TypeError, match="no length"):
        len(endless)
    batches = iter(endless)
    assert sum(len(next(batches)["id"]) for _ in range(24)) == 3 * ROWS
    batches.close()
    assert list(feed_of(path, epochs=0)) == []
    assert "500 rows, 8 batches an epoch" in repr(feed_of(path))


def test_stats_count_batches_rows_and_memory(tmp_path):
    path = write(tmp_path / "rows.parquet", table_of())
    feed = feed_of(path)
    assert feed.stats() == {}
    for _ in feed:
        pass
    stats = feed.stats()
    assert (stats["batches"], stats["rows"], stats["threads"]) == (8, ROWS, 2)
    assert 0 < stats["peak_bytes"] < 512 << 20
    assert all(stats[f"{what}_seconds"] >= 0 for what in ("waiting", "storage", "decode", "full"))
