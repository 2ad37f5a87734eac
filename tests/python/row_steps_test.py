"""sort, limit, concat, explode, chunks, Python functions, CSV: against Arrow and plain Python."""

import datetime
import decimal
import threading
import time

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pytest

import headrace as hr


def table(rows: int, seed: int = 1) -> pa.Table:
    rng = np.random.default_rng(seed)
    mask = rng.random(rows) < 0.1
    return pa.table(
        {
            "k": pa.array(rng.integers(0, 40, rows), mask=mask),
            "x": rng.standard_normal(rows).round(1),
            "s": pa.array([f"t{i % 17}" for i in range(rows)]),
            "n": np.arange(rows),
        }
    )


def test_sort_is_that_of_arrow():
    rows = table(50_000)
    ours = hr.from_arrow(rows).sort("k", "x", "s", descending=[True, False, True]).collect().to_arrow()
    keys = [("k", "descending"), ("x", "ascending"), ("s", "descending"), ("n", "ascending")]
    assert ours.equals(rows.sort_by(keys))  # nulls of a descending key come last in both
    results = {
        threads: hr.from_arrow(rows).sort("s").collect(threads=threads).to_arrow().column("n").to_pylist()
        for threads in (1, 2, 3)
    }
    assert results[1] == results[2] == results[3]
    with pytest.raises(hr.InvalidArgumentError, match="2 columns and 1 values"):
        hr.from_arrow(rows).sort("k", "x", descending=[True])


def test_a_limit_of_files_reads_little(tmp_path):
    rows = table(400_000)
    pcsv.write_csv(rows, tmp_path / "t.csv")
    frame = hr.scan_csv(tmp_path / "t.csv")
    assert frame.head(3).collect().to_dict()["n"] == [0, 1, 2]
    assert frame.filter("n >= 100000").limit(2, offset=1).collect().to_dict()["n"] == [100_001, 100_002]
    analyzed = {threads: frame.head(3).explain(analyze=True) for threads in (1,)}
    scan = next(line for line in analyzed[1].splitlines() if "scan" in line)
    assert int(scan.split()[1].replace(",", "")) < 50_000
    assert "400,000 rows" not in frame._repr_html_()
    assert frame._repr_html_().count("<tr>") == 11


def test_rows_behind_a_limit_may_be_bad(tmp_path):
    # What is read of a file, and so which bad rows end a run, is the same for any number of threads.
    lines = ["n", *map(str, range(1_000_000)), "bad"]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    frame = hr.scan_csv(tmp_path / "t.csv", schema={"n": "int64"})
    for threads in (1, 2, 4):
        assert frame.head(2).collect(threads=threads).to_dict() == {"n": [0, 1]}
        with pytest.raises(hr.BadDataError):
            frame.limit(1_000_001).collect(threads=threads)


def test_concat_is_that_of_arrow():
    parts = [table(1000, seed) for seed in range(4)]
    ours = hr.concat([hr.from_arrow(part) for part in parts]).collect().to_arrow()
    assert ours.equals(pa.concat_tables(parts).combine_chunks())
    with_other = hr.concat([hr.from_dict({"a": [1]}), hr.from_dict({"a": [1.5], "b": ["x"]})], how="diagonal")
    assert with_other.schema == {"a": "float64", "b": "string"}
    assert with_other.collect().to_dict() == {"a": [1.0, 1.5], "b": [None, "x"]}
    with pytest.raises(hr.InvalidPipelineError, match="no column 'b'"):
        hr.concat([hr.from_dict({"a": [1]}), hr.from_dict({"a": [1.5], "b": ["x"]})])
    with pytest.raises(hr.InvalidArgumentError, match=r"concat\(\) wants a LazyFrame, not Table"):
        hr.from_arrow(parts[0]).concat(parts[1])
    one = hr.from_dict({"a": [1, 2]})
    assert one.concat(one, one.filter("a > 1")).collect().to_dict() == {"a": [1, 2, 1, 2, 2]}


def test_explode_gives_a_row_an_element():
    rng = np.random.default_rng(2)
    lists = [None if i % 11 == 0 else list(map(int, rng.integers(0, 9, i % 5))) for i in range(3000)]
    rows = pa.table({"i": np.arange(3000), "v": pa.array(lists, pa.list_(pa.int64()))})
    ours = hr.from_arrow(rows).explode("v").collect().to_dict()
    expected = [(i, v) for i, listed in enumerate(lists) for v in (listed or [None])]
    assert list(zip(ours["i"], ours["v"], strict=True)) == expected
    full = hr.from_arrow(rows).explode("v", keep_empty=False).collect().to_dict()
    assert list(zip(full["i"], full["v"], strict=True)) == [pair for pair in expected if pair[1] is not None]


def test_fields_of_structs():
    rows = [{"s": {"a": 1, "b": {"c": "x"}}}, {"s": None}, {"s": {"a": None, "b": None}}]
    frame = hr.from_arrow(pa.Table.from_pylist(rows))
    s = hr.col("s").struct
    picked = frame.select(a=s.field("a") + 1, c=s.field("b").struct.field("c")).collect().to_dict()
    assert picked == {"a": [2, None, None], "c": ["x", None, None]}
    with pytest.raises(hr.NotFoundError, match="no field 'd'"):
        frame.select(d=s.field("d"))


def test_chunks_are_the_rows_and_leaving_stops_the_work():
    rows = table(700_000)
    frame = hr.from_arrow(rows).filter("n % 7 <> 0")
    chunks = list(frame.collect_batches(chunk_rows=100_000))
    assert len(chunks) >= 5
    assert all(chunk.height >= 100_000 for chunk in chunks[:-1])
    together = pa.concat_tables([chunk.to_arrow() for chunk in chunks]).combine_chunks()
    assert together.equals(frame.collect().to_arrow().combine_chunks())
    before = threading.active_count()
    stream = frame.join(hr.from_dict({"k": [1] * 3000}), on="k").collect_batches()
    assert next(stream).height > 0
    stream.close()
    deadline = time.monotonic() + 20
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before
    with pytest.raises(hr.BadDataError):
        list(frame.select(x=hr.lit(1) / (hr.col("n") - hr.col("n"))).collect_batches())


def test_python_functions_make_rows():
    rows = table(300_000)
    calls = []

    def doubled(chunk: pa.Table) -> pa.Table:
        calls.append(chunk.num_rows)
        return chunk.select(["n"]).append_column("twice", pc.multiply(chunk["n"], 2))

    frame = hr.from_arrow(rows).map_batches(doubled, chunk_rows=50_000)
    assert frame.schema == {"n": "int64", "twice": "int64"}
    assert calls == [0]
    made = frame.filter("twice >= 400000").group_by().agg(n="count()", least="min(twice)").collect().to_dict()
    assert made == {"n": [100_000], "least": [400_000]}
    assert sum(calls) == 300_000
    assert max(calls) < 100_000
    assert frame.collect().height == 300_000  # the function is called anew


def test_a_python_function_that_fails_or_lies_says_so():
    frame = hr.from_dict({"n": [1, 2]})

    def fails(chunk: pa.Table) -> pa.Table:
        if chunk.num_rows:
            raise ValueError("no luck with chunks")
        return chunk

    with pytest.raises(hr.BadDataError, match="no luck with chunks"):
        frame.map_batches(fails).collect()
    with pytest.raises(hr.BadDataError, match=r"gave \[m: int64\] and not \[n: int64\]"):
        frame.map_batches(lambda chunk: chunk.rename_columns(["m"]), schema=pa.schema({"n": pa.int64()})).collect()
    with pytest.raises(hr.InvalidArgumentError, match="__arrow_c_stream__"):
        frame.map_batches(lambda chunk: 7)


def test_what_python_functions_make_is_not_portable():
    frame = hr.from_dict({"n": [1, 2]}).map_batches(lambda chunk: chunk).filter("n > 0")
    pipeline = hr.Pipeline("p", frame.join(hr.from_dict({"n": [1]}), on="n", how="left"), features=["n"])
    assert pipeline.validate()["portable"] is False
    for refused in (pipeline.to_yaml, pipeline.fit, pipeline.run):
        with pytest.raises(hr.UnsupportedError, match="Python function"):
            refused()
    assert hr.Pipeline("p", hr.from_dict({"n": [1]})).validate()["portable"] is True
    fitted = hr.Pipeline("p", hr.from_dict({"n": [1]}), features=["n"]).fit()
    assert hr.Pipeline("q", fitted.transform(frame)).validate()["portable"] is False


def test_csv_comes_back_as_it_was(tmp_path):
    rows = pa.table(
        {
            "i": pa.array([1, None, -3], pa.int64()),
            "f": [0.1, float("inf"), -0.0],
            "s": ["a,b", "", None],
            "q": ['say "x"', "line\nend", "plain"],
            "b": [True, None, False],
            "d": [datetime.date(2013, 1, 31), None, datetime.date(1969, 12, 31)],
            "t": pa.array([datetime.datetime(2013, 1, 1, 6, 0, 0, 500), None, None], pa.timestamp("us", "UTC")),
            "m": pa.array([decimal.Decimal("1.50"), None, decimal.Decimal("-0.01")], pa.decimal128(9, 2)),
        }
    )
    frame = hr.from_arrow(rows)
    result = frame.sink_csv(tmp_path / "out", shards=2)
    assert result.outputs[0]["format"] == "csv"
    back = hr.scan_csv(tmp_path / "out", schema=dict(frame.schema)).collect().to_arrow()
    assert back.equals(rows)
    theirs = pa.concat_tables(
        pcsv.read_csv(
            file,
            parse_options=pcsv.ParseOptions(newlines_in_values=True),
            convert_options=pcsv.ConvertOptions(
                column_types=rows.schema, strings_can_be_null=True, quoted_strings_can_be_null=False
            ),
        )
        for file in sorted((tmp_path / "out").rglob("*.csv"))
    )
    assert theirs.to_pylist() == rows.to_pylist()
    with pytest.raises(hr.UnsupportedError, match="column 'v' cannot be written as CSV"):
        hr.from_dict({"v": [[1]]}).sink_csv(tmp_path / "lists")


def test_plans_as_graphs():
    import json

    frame = hr.from_dict({"a": [1, 2], "b": ['"', "<"]}).filter("b <> '\"' and a > 1").select("a")
    graph = json.loads(frame.explain(format="json"))
    assert [node["kind"] for node in graph["nodes"]] == ["scan", "filter", "project"]
    assert graph["nodes"][graph["roots"][0]]["columns"] == [{"name": "a", "type": "int64", "nullable": True}]
    dot = frame.explain(format="dot")
    assert dot.startswith("digraph plan {") and "n0 -> n1" in dot and '\\"' in dot
    assert frame.explain(format="mermaid").startswith("flowchart TD\n")
    assert "b &lt;&gt; &#x27;" in frame.explain()._repr_html_()
    with pytest.raises(hr.InvalidArgumentError, match="'json', 'dot'|json, dot"):
        frame.explain(format="svg")  # type: ignore[arg-type]
