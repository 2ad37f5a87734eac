"""Types of columns as Spark calls them, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headrace._errors import UnsupportedError

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

#: The classes of Spark's types, by what pipelines call them.
_PLAIN = {
    "bool": "BooleanType",
    "int8": "ByteType",
    "int16": "ShortType",
    "int32": "IntegerType",
    "int64": "LongType",
    "float32": "FloatType",
    "float64": "DoubleType",
    "string": "StringType",
    "binary": "BinaryType",
    "date": "DateType",
    "timestamp": "TimestampType",
    "timestamp_ntz": "TimestampNTZType",
}
_NAMES = {kind: name for name, kind in _PLAIN.items()}


def spark_type(name: str) -> DataType:
    """The type called `name` in pipelines. Lists of a fixed size are arrays in Spark."""
    from pyspark.sql import types  # noqa: PLC0415

    if name in _PLAIN:
        plain: DataType = getattr(types, _PLAIN[name])()
        return plain
    if name.startswith("decimal("):
        precision, scale = name[len("decimal(") : -1].split(",")
        return types.DecimalType(int(precision), int(scale))
    if name.startswith("list<"):
        return types.ArrayType(spark_type(name[len("list<") : -1]))
    if name.startswith("fixed_size_list<"):
        element, _ = name[len("fixed_size_list<") : -1].rsplit(",", 1)
        return types.ArrayType(spark_type(element.strip()))
    if name.startswith("struct<"):
        fields = [part.split(":", 1) for part in _split(name[len("struct<") : -1])]
        return types.StructType(
            [types.StructField(_unquoted(field.strip()), spark_type(t.strip())) for field, t in fields]
        )
    raise UnsupportedError(f"Spark has no type {name}", "cast the column to another type")


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _split(text: str) -> list[str]:
    """Parts between commas that stand in no brackets."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "<(") - (character in ">)")
        if character == "," and depth == 0:
            parts.append(text[start:place])
            start = place + 1
    return [*parts, text[start:]]


def spark_schema(columns: list[dict[str, Any]]) -> StructType:
    """The columns of a node of a plan."""
    from pyspark.sql import types  # noqa: PLC0415

    return types.StructType([types.StructField(c["name"], spark_type(c["type"]), True) for c in columns])


def type_name(dtype: DataType) -> str:
    """What pipelines call a type of Spark.

    Raises
    ------
    UnsupportedError
        For one that they do not know.
    """
    simple, kind = dtype.simpleString(), type(dtype).__name__
    # Text of another order than that of its bytes has another name.
    if kind in _NAMES and (kind != "StringType" or simple == "string"):
        return _NAMES[kind]
    if simple.startswith("decimal"):
        return simple.replace(",", ", ")
    if kind == "ArrayType":
        return f"list<{type_name(dtype.elementType)}>"  # type: ignore[attr-defined]
    if kind == "StructType":
        fields = ", ".join(f"{f.name}: {type_name(f.dataType)}" for f in dtype.fields)  # type: ignore[attr-defined]
        return f"struct<{fields}>"
    raise UnsupportedError(f"pipelines have no type for Spark's {simple}", "cast the column in Spark, or drop it")


def has_fixed_lists(name: str) -> bool:
    """Whether a type holds lists of a fixed size, which Spark forgets."""
    return "fixed_size_list" in name


def arrow_type(pa: Any, dtype: Any) -> Any:
    """The Arrow type of a type of Spark."""
    name = type_name(dtype)
    plain = {
        "bool": pa.bool_(), "int8": pa.int8(), "int16": pa.int16(), "int32": pa.int32(), "int64": pa.int64(),
        "float32": pa.float32(), "float64": pa.float64(), "string": pa.string(), "binary": pa.binary(),
        "date": pa.date32(), "timestamp": pa.timestamp("us", tz="UTC"), "timestamp_ntz": pa.timestamp("us"),
    }  # fmt: skip
    if name in plain:
        return plain[name]
    if name.startswith("decimal"):
        return pa.decimal128(dtype.precision, dtype.scale)
    if name.startswith("list"):
        return pa.list_(arrow_type(pa, dtype.elementType))
    return pa.struct([pa.field(f.name, arrow_type(pa, f.dataType)) for f in dtype.fields])


def empty_table(columns: list[dict[str, Any]]) -> Any:
    """No rows of columns, as an Arrow table."""
    import pyarrow as pa  # noqa: PLC0415

    return pa.schema([pa.field(c["name"], arrow_type(pa, spark_type(c["type"]))) for c in columns]).empty_table()
