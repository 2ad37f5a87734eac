"""Random JSON lines, some of them bad, read by Headrace and by Python's json: the same rows, the same rejects.

Python's parser takes more than RFC 8259 allows (NaN, control characters it refuses, lone surrogates), none of which the
lines hold; what a value of each type is follows the rules of Headrace, written here a second time.
"""

import datetime
import json
import random
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import HEADRACE, shard_files

PIPELINE = """
version: 1
name: rejects
sources:
  t:
    path: PATH
    on_error: quarantine
    schema: {i: int32, s: string, f: float64, t: timestamp, l: list<int64>, n: {type: int64, nullable: false}}
tables:
  rows: {from: t}
features:
  - {name: i, role: pass_through}
  - {name: s, role: pass_through}
  - {name: f, role: pass_through}
  - {name: t, role: pass_through}
  - {name: l, role: pass_through}
  - {name: n, role: pass_through}
outputs:
  - {path: OUT/rows, format: parquet}
"""
COLUMNS = "isftln"
GOOD = {
    "i": ["1", "-5", "null", "2147483647", "0"],
    "s": ['"a"', '"say \\"x\\""', '""', '"h\\u00e9 \\ud83d\\ude00"', '"é\\n"', '"{\\"i\\": [1, 2}"', "null"],
    "f": ["1.5", "7", "-0.25", "1e3", "null", "12345.678901234"],
    "t": ['"2026-01-01T00:00:00.123456Z"', '"2026-01-01 10:20:30"', "null"],
    "l": ["[]", "[1]", "[1, 2,3 ]", "[null, 5]", "null"],
    "n": ["1", "20", "-300"],
}
BAD = {
    "i": ["1.0", "2147483648", '"1"', "true", "[1]"],
    "s": ["5", "{}", '["a"]'],
    "f": ['"1"', "[]", "{}"],
    "t": ['"yesterday"', "1357034400", '"2026-02-30T00:00:00Z"'],
    "l": ["1", "[1.5]", '["1"]', "[[1]]", "{}"],
    "n": ["null", "1e3"],
}
BROKEN = ["tru", "01", '"open', "[1,]", "{", "}", "1 2", "", "+1", '"\\x"']


def random_lines(seed, row_count=3000):
    """Lines, about one in twenty of them bad."""
    rand = random.Random(seed)
    lines = []
    for _ in range(row_count):
        values = {name: rand.choice(GOOD[name]) for name in COLUMNS}
        kind = rand.random()
        name = rand.choice(COLUMNS)
        if kind < 0.03:
            values[name] = rand.choice(BAD[name])
        elif kind < 0.06:
            values[rand.choice(COLUMNS + "u")] = rand.choice(BROKEN)
        elif kind < 0.5:
            values.pop(rand.choice("isftl"))
        elif kind < 0.6:
            values["unknown"] = rand.choice(["{}", '[{"i": "x"}]', "1.5", '"text"'])
        members = [f'"{key}"{rand.choice([":", " : "])}{value}' for key, value in values.items()]
        if rand.random() < 0.2:
            rand.shuffle(members)
        lines.append("{" + rand.choice([",", ", "]).join(members) + "}")
    return lines


def is_integer(text):
    return isinstance(text, str) and text.lstrip("-").isdigit()


def value_of(name, value):
    """The value of a column; raises ValueError where it is none of its type."""
    if value is None:
        if name == "n":
            raise ValueError("null")
        return None
    match name:
        case "i" | "n" if is_integer(value):
            limit = 2**31 if name == "i" else 2**63
            if -limit <= int(value) < limit:
                return int(value)
        case "s" if isinstance(value, tuple):
            return value[0]
        case "f" if isinstance(value, str):
            return float(value)
        case "t" if isinstance(value, tuple):
            time = datetime.datetime.fromisoformat(value[0])
            return time.replace(tzinfo=datetime.UTC)
        case "l" if isinstance(value, list):
            if all(element is None or is_integer(element) for element in value):
                return [None if element is None else int(element) for element in value]
    raise ValueError(name)


def parse(line):
    """The row of a line; raises ValueError where it is bad. Numbers stay text, texts become 1-tuples."""

    def mark(value):
        if isinstance(value, bool) or value is None:
            return value
        if isinstance(value, list):
            return [mark(element) for element in value]
        if isinstance(value, Number):
            return value.text
        return (value,) if isinstance(value, str) else value

    class Number:
        def __init__(self, text):
            self.text = text

    def refuse(text):
        raise ValueError(text)

    row = json.loads(line, parse_int=Number, parse_float=Number, parse_constant=refuse)
    return tuple(value_of(name, mark(row.get(name))) for name in COLUMNS)


@pytest.mark.parametrize("seed", [1, 2])
def test_good_and_bad_rows_are_those_of_python(tmp_path, seed):
    path = tmp_path / "t.ndjson"
    lines = random_lines(seed)
    path.write_text("\n".join(lines))
    pipeline = tmp_path / "pipeline.yaml"
    pipeline.write_text(PIPELINE.replace("PATH", str(path)).replace("OUT", str(tmp_path)))
    done = subprocess.run([HEADRACE, "run", pipeline, "--quiet", "--output", "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

    their_rows = []
    their_rejects = []
    for number, line in enumerate(lines, start=1):
        try:
            their_rows.append(parse(line))
        except ValueError:
            their_rejects.append((number, line))

    manifest = json.loads((tmp_path / "rows" / "manifest.json").read_text())
    parts = [part["name"] for part in manifest["parts"]]
    table = pa.concat_tables(pq.read_table(file) for part in parts for file in shard_files(tmp_path / "rows", part))
    our_rows = list(zip(*(table.column(name).to_pylist() for name in COLUMNS), strict=True))
    assert sorted(our_rows, key=repr) == sorted(their_rows, key=repr)

    quarantine = tmp_path / "quarantine"
    parts = [part["name"] for part in json.loads((quarantine / "manifest.json").read_text())["parts"]]
    table = pa.concat_tables(pq.read_table(file) for part in parts for file in shard_files(quarantine, part))
    our_rejects = sorted(table.to_pylist(), key=lambda row: row["byte_offset"])
    assert [(row["line"], row["text"].decode()) for row in our_rejects] == their_rejects
    assert len(our_rejects) > 100
    assert {row["kind"] for row in our_rejects} == {"cast", "invalid_json", "null"}
    text = path.read_bytes()
    for row in our_rejects:
        assert text[row["byte_offset"] :].startswith(row["text"])
