"""Expressions in Python: what they print, and what they compute."""

import datetime
import decimal

import pytest

import headrace as hr


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (hr.col("a") + 1, "a + 1"),
        (1 - hr.col("a"), "1 - a"),
        (2 * (hr.col("a") + 1) / 3, "2 * (a + 1) / 3"),
        (hr.col("a") % 2 == 0, "a % 2 = 0"),
        (-hr.col("a"), "-a"),
        (hr.col("a") ** 2, "pow(a, 2)"),
        ((hr.col("a") > 1) & ~(hr.col("b") <= 2) | hr.col("c"), "a > 1 and not b <= 2 or c"),
        (hr.col("two words") != "it's", "\"two words\" <> 'it''s'"),
        (hr.col("a").is_in([1, 2]), "a in (1, 2)"),
        (hr.col("a").is_between(1, 2.5), "a between 1 and 2.5"),
        (hr.col("a").cast("int32"), "cast(a as int32)"),
        (hr.col("a").cast("int32", strict=False), "try_cast(a as int32)"),
        (hr.col("a").fill_null(0), "coalesce(a, 0)"),
        (hr.col("s").str.to_lowercase().str.starts_with("x"), "starts_with(lower(s), 'x')"),
        (hr.col("t").dt.truncate("month"), "date_trunc('month', t)"),
        (hr.col("l").list.len(), "list_length(l)"),
        (hr.lit(None), "null"),
        (hr.lit(True), "true"),
        (hr.lit(-5), "-5"),
        (hr.lit(0.1), "0.1"),
        (hr.lit(b"\x00\xff"), "x'00ff'"),
        (hr.lit(decimal.Decimal("-1.50")), "decimal(3, 2) '-1.50'"),
        (hr.lit(datetime.date(2013, 1, 31)), "date '2013-01-31'"),
        (hr.lit(datetime.datetime(2013, 1, 31, 6)), "timestamp_ntz '2013-01-31T06:00:00'"),
        (
            hr.lit(datetime.datetime(2013, 1, 31, 6, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))),
            "timestamp '2013-01-31T04:00:00Z'",
        ),
        (hr.when("a > 1").then(1).when("a > 0").then(2).otherwise(3),
         "case when a > 1 then 1 when a > 0 then 2 else 3 end"),
        (hr.call("hash_bucket", hr.col("a"), 10), "hash_bucket(a, 10)"),
    ],
)  # fmt: skip
def test_an_expression_prints_sql_that_means_the_same(expr, text):
    assert str(expr) == text
    assert str(hr.sql(text)) == text


def test_values_come_back_as_they_went_in():
    values = {
        "i": 7,
        "f": 0.1,
        "s": "it's",
        "b": b"\x00\xff",
        "n": decimal.Decimal("-1.50"),
        "d": datetime.date(2013, 1, 31),
        "l": [1, 2],
        "t": datetime.datetime(2013, 1, 31, 6, 0, 0, 1, tzinfo=datetime.UTC),
        "x": None,
    }
    frame = hr.from_dict({"row": [0]}).select(**{name: hr.lit(value) for name, value in values.items() if name != "x"})
    row = frame.collect().to_dicts()[0]
    assert row == {name: value for name, value in values.items() if name != "x"}


def test_an_expression_is_no_condition_of_python():
    with pytest.raises(TypeError, match="instead of `and`"):
        bool(hr.col("a") > 1)


def test_what_is_no_value_is_refused():
    with pytest.raises(hr.InvalidArgumentError, match="no value of a column"):
        hr.lit(object())
    with pytest.raises(hr.InvalidArgumentError, match="beyond int64"):
        hr.lit(2**63)


def test_a_wrong_text_shows_the_place():
    with pytest.raises(hr.InvalidPipelineError) as caught:
        hr.sql("case when a > then 1 end")
    assert "^" in str(caught.value)
    assert caught.value.code == "invalid_pipeline"
    assert caught.value.hint


def test_a_wrong_type_names_the_nearest():
    with pytest.raises(hr.InvalidArgumentError, match="did you mean 'int64'"):
        hr.col("a").cast("imt64")


def test_values_in_groups():
    frame = hr.from_dict({"k": [1, 1, 1, 2], "v": [1.0, 2.0, None, 5.0]})
    aggregates = {
        "n": hr.count(),
        "c": hr.col("v").count(),
        "u": hr.col("v").n_unique(),
        "s": hr.col("v").sum(),
        "m": hr.col("v").mean(),
        "lo": hr.col("v").min(),
        "hi": hr.col("v").max(),
        "sd": hr.col("v").std(ddof=0),
        "var": hr.col("v").var(),
    }
    first = frame.group_by("k").agg(**aggregates).collect().to_dicts()[0]
    assert first == {"k": 1, "n": 3, "c": 2, "u": 2, "s": 3.0, "m": 1.5, "lo": 1.0, "hi": 2.0, "sd": 0.5, "var": 0.5}


TEXTS = {"s": ["  Zürich ", "a-b-c", None]}


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (hr.col("s").str.strip_chars(), ["Zürich", "a-b-c", None]),
        (hr.col("s").str.strip_chars().str.to_uppercase(), ["ZÜRICH", "A-B-C", None]),
        (hr.col("s").str.len_chars(), [9, 5, None]),
        (hr.col("s").str.strip_chars().str.slice(1, 2), ["ür", "-b", None]),
        (hr.col("s").str.strip_chars().str.slice(-2), ["ch", "-c", None]),
        (hr.col("s").str.strip_chars().str.head(2), ["Zü", "a-", None]),
        (hr.col("s").str.strip_chars().str.tail(2), ["ch", "-c", None]),
        (hr.col("s").str.replace_all("-", "+"), ["  Zürich ", "a+b+c", None]),
        (hr.col("s").str.split("-").list.len(), [1, 3, None]),
        (hr.col("s").str.split("-").list.get(1), [None, "b", None]),
        (hr.col("s").str.split("-").list.contains("c"), [False, True, None]),
        (hr.col("s").str.like("%b%"), [False, True, None]),
        (hr.col("s").str.pad_start(10, "*"), ["*  Zürich ", "*****a-b-c", None]),
        (hr.col("s").is_null(), [False, False, True]),
    ],
)
def test_functions_of_texts_and_lists(expr, expected):
    assert hr.from_dict(TEXTS).select(x=expr).collect().to_dict()["x"] == expected


def test_functions_of_times():
    time = datetime.datetime(2016, 2, 29, 13, 14, 15, tzinfo=datetime.UTC)
    parts = ["year", "quarter", "month", "week", "day", "ordinal_day", "hour", "minute", "second"]
    frame = hr.from_dict({"t": [time]})
    row = frame.select(**{part: getattr(hr.col("t").dt, part)() for part in parts}).collect().to_dicts()[0]
    assert list(row.values()) == [2016, 1, 2, 9, 29, 60, 13, 14, 15]
    dates = frame.select(d=hr.col("t").dt.date(), h=hr.col("t").dt.truncate("hour")).collect().to_dicts()[0]
    assert dates == {"d": time.date(), "h": time.replace(minute=0, second=0)}
