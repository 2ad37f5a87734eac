"""The whole flights job again in DuckDB: every column of every row must be equal."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash

from examples.flights.duckdb_job import FlightsJob
from tests.conftest import FLIGHTS, shard_files

FLOAT_RELATIVE = 1e-9
FLOAT_ABSOLUTE = 1e-12


def hash_text(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())


def hash_pair(first: int, second: int) -> int:
    return xxhash.xxh3_64_intdigest(first.to_bytes(8, "little") + second.to_bytes(8, "little"))


@pytest.fixture(scope="module")
def oracle():
    """DuckDB's rows of each part, in the order of flights.csv, as columns."""
    job = FlightsJob(FLIGHTS / "data", hash_of="xxh3({})".format, hash_pair="xxh3_pair({}, {})".format)
    job.connection.execute("set preserve_insertion_order = true; set threads = 1")
    job.connection.create_function("xxh3", hash_text, ["VARCHAR"], "UBIGINT")
    job.connection.create_function("xxh3_pair", hash_pair, ["UBIGINT", "UBIGINT"], "UBIGINT")
    job.relational()
    job.fit()
    job.connection.execute(f"create temp table encoded as {job.encoded_sql()}")
    yield job
    job.connection.close()


def as_matrix(column):
    """Values of a column as a 2-D array and the places of its nulls; a scalar is a row of one."""
    column = column.combine_chunks()
    nulls = column.is_null().to_numpy(zero_copy_only=False)
    kind = str(column.type)
    if "list" in kind:
        return np.array(column.to_pylist(), dtype=np.float64), nulls
    if "timestamp" in kind:
        column = column.cast(pa.timestamp("us", tz="UTC")).cast("int64")
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    return values.reshape(len(values), 1), nulls


@pytest.mark.parametrize("part", ["train", "eval"])
def test_every_column_of_every_row_is_what_duckdb_computes(flights_out, oracle, part):
    ours = pa.concat_tables([pq.read_table(file) for file in shard_files(flights_out / "parquet", part)])
    condition = "is_train" if part == "train" else "not is_train"
    theirs = oracle.connection.sql(f"select * exclude (is_train) from encoded where {condition}").to_arrow_table()
    assert ours.num_rows == theirs.num_rows > 20_000
    assert ours.column_names == theirs.column_names

    # The integer columns, flight number, hour and ids of all words among them, put both into one order.
    exact = [name for name in ours.column_names if str(ours.schema.field(name).type).startswith(("int", "timestamp"))]
    order = [(name, "ascending") for name in exact]
    ours, theirs = ours.sort_by(order), theirs.sort_by(order)
    for name in ours.column_names:
        our_values, our_nulls = as_matrix(ours[name])
        their_values, their_nulls = as_matrix(theirs[name])
        assert np.array_equal(our_nulls, their_nulls), name
        if our_values.dtype.kind in "iu":
            assert np.array_equal(our_values, their_values), name
        else:
            np.testing.assert_allclose(
                our_values, their_values, rtol=FLOAT_RELATIVE, atol=FLOAT_ABSOLUTE, err_msg=name, equal_nan=True
            )
