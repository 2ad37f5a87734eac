"""Types of columns as Spark calls them, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from headrace._errors import UnsupportedError

if TYPE_CHECKING:
    from pyspark.sql.types import DataType, StructType

_PLAIN = {
    "bool": "boolean",
    "int8": "tinyint",
    "int16": "smallint",
    "int32": "int",
    "int64": "bigint",
    "float32": "float",
    "float64": "double",
    "string": "string",
    "binary": "binary",
    "date": "date",
    "timestamp": "timestamp",
    "timestamp_ntz": "timestamp_ntz",
}
_NAMES = {spark: name for name, spark in _PLAIN.items()}


def spark_type(name: str) -> DataType:
    """The type called `name` in pipelines. Lists of a fixed size are arrays in Spark."""
    from pyspark.sql import types  # noqa: PLC0415

    if name in _PLAIN:
        return _plain_type(types, name)
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


def _plain_type(types: Any, name: str) -> DataType:
    return {
        "bool": types.BooleanType,
        "int8": types.ByteType,
        "int16": types.ShortType,
        "int32": types.IntegerType,
        "int64": types.LongType,
        "float32": types.FloatType,
        "float64": types.DoubleType,
        "string": types.StringType,
        "binary": types.BinaryType,
        "date": types.DateType,
        "timestamp": types.TimestampType,
        "timestamp_ntz": types.TimestampNTZType,
    }[name]()


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
    simple = dtype.simpleString()
    if simple in _NAMES:
        return _NAMES[simple]
    if simple.startswith("decimal"):
        return simple.replace(",", ", ")
    kind = type(dtype).__name__
    if kind == "ArrayType":
        return f"list<{type_name(dtype.elementType)}>"  # type: ignore[attr-defined]
    if kind == "StructType":
        fields = ", ".join(f"{f.name}: {type_name(f.dataType)}" for f in dtype.fields)  # type: ignore[attr-defined]
        return f"struct<{fields}>"
    raise UnsupportedError(f"pipelines have no type for Spark's {simple}", "cast the column in Spark, or drop it")


def has_fixed_lists(name: str) -> bool:
    """Whether a type holds lists of a fixed size, which Spark forgets."""
    return "fixed_size_list" in name
