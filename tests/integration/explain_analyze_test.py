"""`headrace explain --analyze` runs the pipeline and says what each operator took."""

import json
import subprocess

from tests.conftest import FLIGHTS, HEADRACE


def analyze(out, *extra):
    command = [HEADRACE, "explain", FLIGHTS / "pipeline.yaml", "--analyze", "--quiet", "--set", f"out={out}", *extra]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_json_has_costs_and_floors(tmp_path):
    analysis = json.loads(analyze(tmp_path, "--output", "json"))
    operators = {operator["kind"]: operator for operator in analysis["operators"]}
    for kind in ["scan", "join", "contract", "split", "write"]:
        assert operators[kind]["seconds"] > 0, kind
        assert operators[kind]["bytes_out"] > 0, kind
        assert operators[kind]["rows_out"] > 0, kind
    assert operators["join"]["memory_bytes"] > 0
    assert [floor["name"] for floor in analysis["floors"]] == ["memory bandwidth", "decode"]
    for floor in analysis["floors"]:
        assert 0 < floor["seconds"] < analysis["seconds"]
    assert (tmp_path / "parquet" / "manifest.json").exists()


def test_text_is_a_tree_below_the_write(tmp_path):
    lines = analyze(tmp_path).splitlines()
    assert lines[0].split() == ["seconds", "rows", "in", "rows", "out", "bytes", "out", "memory", "operator"]
    assert lines[1].endswith("write write")
    assert any(line.startswith("decode floor: ") for line in lines)
