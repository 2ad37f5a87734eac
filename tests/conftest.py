"""One run of the flights example, shared by the tests that look at it."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEADRACE = ROOT / "build" / "headrace"
FLIGHTS = ROOT / "examples" / "flights"


def run_flights(out, *extra):
    """Runs the flights pipeline into the folder `out`; returns its report."""
    command = [HEADRACE, "run", FLIGHTS / "pipeline.yaml", "--quiet", "--output", "json", "--set", f"out={out}", *extra]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def headrace(*words):
    """Runs the program, which must succeed; returns what it prints."""
    done = subprocess.run([HEADRACE, *map(str, words)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def write_copying_pipeline(folder, source, columns, output):
    """A pipeline in `folder` that copies the columns of `source`; `source` and `output` are maps of YAML."""
    features = "\n".join(f"  - {{name: {name}, role: pass_through}}" for name in columns)
    pipeline = folder / "pipeline.yaml"
    pipeline.write_text(
        f"version: 1\nname: copy\nsources:\n  raw: {source}\ntables:\n  rows: {{from: raw}}\n"
        f"features:\n{features}\noutputs:\n  - {output}\n"
    )
    return pipeline


def shard_files(data_set, part):
    """The shards of a part, in order, as its manifest names them."""
    manifest = json.loads((data_set / "manifest.json").read_text())
    parts = {entry["name"]: entry for entry in manifest["parts"]}
    return [str(data_set / shard["file"]) for shard in parts[part]["shards"]]


@pytest.fixture(scope="session")
def flights_out(tmp_path_factory):
    out = tmp_path_factory.mktemp("flights")
    run_flights(out)
    return out
