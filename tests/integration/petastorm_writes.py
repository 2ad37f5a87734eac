"""Runs in Petastorm's environment: a data set as Petastorm writes it, its schema pickled with the protocol given.

petastorm_writes.py FOLDER PROTOCOL
"""

import decimal
import json
import pickle
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyspark.sql.types as spark
from petastorm.codecs import CompressedImageCodec, CompressedNdarrayCodec, NdarrayCodec, ScalarCodec
from petastorm.unischema import Unischema, UnischemaField

FIELDS = [
    UnischemaField("id", np.int64, (), ScalarCodec(spark.LongType()), False),
    UnischemaField("small", np.int8, (), None, True),
    UnischemaField("price", decimal.Decimal, (), ScalarCodec(spark.DecimalType(10, 2)), True),
    UnischemaField("text", np.str_, (), ScalarCodec(spark.StringType()), True),
    UnischemaField("ragged", np.float32, (None,), NdarrayCodec(), True),
    UnischemaField("matrix", np.uint8, (2, 3), NdarrayCodec(), False),
    UnischemaField("points", np.float64, (None, 2), NdarrayCodec(), False),
    UnischemaField("packed", np.int32, (None,), CompressedNdarrayCodec(), False),
    UnischemaField("photo", np.uint8, (4, 4, 3), CompressedImageCodec("png"), False),
    UnischemaField("times", np.datetime64, (None,), NdarrayCodec(), False),
]
TYPES = [pa.int64(), pa.int8(), pa.decimal128(10, 2), pa.string()] + [pa.binary()] * 6


def rows():
    for i in range(7):
        matrix = np.arange(6, dtype=np.uint8).reshape(2, 3) + i
        yield {
            "id": i,
            "small": None if i == 2 else -i,
            "price": None if i == 3 else decimal.Decimal(i) / 4,
            "text": None if i == 4 else f"é{i}",
            "ragged": None if i == 5 else np.arange(i, dtype=np.float32) / 2,
            "matrix": np.asfortranarray(matrix) if i % 2 else matrix,
            "points": np.arange(2 * i, dtype=np.float64).reshape(i, 2),
            "packed": np.arange(i, dtype=np.int32),
            "photo": np.full((4, 4, 3), i, dtype=np.uint8),
            "times": np.array(["2026-01-01"] * i, dtype="datetime64[us]"),
        }


def encoded(field, value):
    return value if value is None or field.codec is None else field.codec.encode(field, value)


folder, protocol = Path(sys.argv[1]), int(sys.argv[2])
folder.mkdir(parents=True)
columns = {}
for field, type_ in zip(FIELDS, TYPES, strict=True):
    values = [encoded(field, row[field.name]) for row in rows()]
    columns[field.name] = pa.array([bytes(v) if isinstance(v, bytearray) else v for v in values], type_)
table = pa.table(columns)
pq.write_table(table, folder / "part-0.parquet", row_group_size=3)
metadata = {
    "dataset-toolkit.unischema.v1": pickle.dumps(Unischema("Rows", FIELDS), protocol),
    "dataset-toolkit.num_row_groups_per_file.v1": json.dumps({"part-0.parquet": 3}),
}
pq.write_metadata(table.schema.with_metadata(metadata), folder / "_common_metadata")
