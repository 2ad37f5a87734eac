"""What a run promises, on the flights example: the same bytes for any threads, whole or nothing, exit codes."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.conftest import FLIGHTS, HEADRACE, run_flights


def headrace(*args, **kwargs):
    return subprocess.run([HEADRACE, *map(str, args)], capture_output=True, text=True, **kwargs)


def bytes_of_shards(out):
    """Shard contents by data set and name, without the folder of the run."""
    contents = {}
    for data_set in ("parquet", "tfrecord", "quarantine"):
        manifest = json.loads((out / data_set / "manifest.json").read_text())
        for part in manifest["parts"]:
            for shard in part["shards"]:
                name = shard["file"].split("/", 1)[1]
                contents[f"{data_set}/{name}"] = (out / data_set / shard["file"]).read_bytes()
    contents["state"] = (out / "state" / "state.json").read_bytes()
    return contents


def test_bytes_do_not_depend_on_threads_or_on_the_run(flights_out, tmp_path):
    expected = bytes_of_shards(flights_out)
    assert len(expected) > 16
    for threads in ("1", "2", "5"):
        out = tmp_path / threads
        run_flights(out, "--threads", threads)
        assert bytes_of_shards(out) == expected


def test_a_missing_file_is_reported_with_where_its_path_starts(tmp_path):
    pipeline_start = "a relative path starts at the folder of the pipeline file, that of a --set value too"
    for nowhere in ("nowhere", "nowhere/*"):
        done = headrace("run", FLIGHTS / "pipeline.yaml", "--set", f"data={nowhere}", "--set", f"out={tmp_path}")
        assert done.returncode == 1
        assert f"{FLIGHTS.name}/{nowhere.split('/')[0]}/" in done.stderr
        assert pipeline_start in done.stderr
    for words in (("run", "nowhere/pipeline.yaml"), ("inspect", "nowhere/t.parquet")):
        done = headrace(*words, cwd=tmp_path)
        assert done.returncode != 0
        assert "a relative path starts at the current folder" in done.stderr
    (tmp_path / "pipeline.yaml").write_text("")
    done = headrace("run", "pipelin.yaml", cwd=tmp_path)
    assert "did you mean 'pipeline.yaml'?" in done.stderr
    assert "a relative path" not in done.stderr


def test_a_saved_state_encodes_to_the_same_bytes(flights_out, tmp_path):
    report = run_flights(tmp_path, "--state", flights_out / "state")
    assert report["fitted"] is False
    ours, fitted = tmp_path, bytes_of_shards(flights_out)
    fitted.pop("state")
    (ours / "state").mkdir()
    (ours / "state" / "state.json").write_text("")
    encoded = bytes_of_shards(ours)
    encoded.pop("state")
    assert encoded == fitted


def test_the_report_counts_every_row(flights_out):
    report = json.loads((flights_out / "run.json").read_text())
    sources = {source["name"]: source for source in report["sources"]}
    assert sources["flights"]["rows_read"] == 336776
    assert sources["weather"]["rows_read"] == 26115
    assert sources["weather"]["quarantined_by_kind"] == {"range": 1}
    arrived = next(op for op in report["operators"] if op["label"].endswith("arrived"))
    assert (arrived["rows_in"], arrived["rows_out"], arrived["rows_removed"]) == (336776, 327346, 9430)
    written = report["operators"][-1]
    assert written["kind"] == "write"
    assert written["rows_out"] == 327346
    for output in report["outputs"]:
        assert sum(part["rows"] for part in output["parts"]) == 327346


def test_the_quarantine_names_line_column_and_text(flights_out):
    done = headrace("inspect", flights_out / "quarantine", "--output", "json")
    assert done.returncode == 0, done.stderr
    [row] = json.loads(done.stdout)["first_rows"]
    lines = (FLIGHTS / "data" / "weather.csv").read_text().splitlines()
    assert row["source"] == "weather"
    assert row["column"] == "wind_speed"
    assert row["kind"] == "range"
    assert "1048.36" in row["text"]
    assert lines[int(row["line"]) - 1] == row["text"]


def changed_pipeline(tmp_path, *replacements):
    text = (FLIGHTS / "pipeline.yaml").read_text()
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "pipeline.yaml"
    path.write_text(text)
    return path


def run_changed(tmp_path, *replacements, data=FLIGHTS / "data"):
    pipeline = changed_pipeline(tmp_path, *replacements)
    return headrace("run", pipeline, "--quiet", "--set", f"data={data}", "--set", f"out={tmp_path / 'out'}")


def published(out):
    return sorted(path.parent.name for path in Path(out).glob("*/manifest.json"))


def leftovers(out):
    """Files below the outputs that no manifest names."""
    return [path for path in Path(out).rglob("*") if path.is_file() and path.name not in ("run.json", ".lock")]


def test_a_broken_contract_exits_3_and_publishes_nothing(tmp_path):
    done = run_changed(tmp_path, ("max: 6000}", "max: 1000}"))
    assert done.returncode == 3
    assert "distance is at least 0 and at most 1000" in done.stderr
    report = json.loads((tmp_path / "out" / "run.json").read_text())
    assert report["status"] == "contract_violated"
    broken = [promise for promise in report["contract"]["promises"] if promise["violations"]]
    assert len(broken) == 1
    assert broken[0]["violations"] > 10_000
    assert len(broken[0]["samples"]) == 10
    assert published(tmp_path / "out") == []
    assert leftovers(tmp_path / "out") == []


def test_a_join_that_would_multiply_rows_says_so(tmp_path):
    text = (
        "dest_airports:\n    from: airports\n    steps:\n",
        "dest_airports:\n    from: airports\n    steps:\n"
        "      - with_columns: {faa: \"case when faa = 'ORD' then 'IAH' else faa end\"}\n",
    )
    done = run_changed(tmp_path, text)
    assert done.returncode == 1
    assert "would multiply rows: 2 rows of its right side have the key dest = 'IAH'" in done.stderr
    assert published(tmp_path / "out") == []


def test_wrong_pipelines_name_place_and_fix(tmp_path):
    done = run_changed(tmp_path, ("where: arr_delay is not null", "where: arr_dealy is not null"))
    assert done.returncode == 1
    assert "pipeline.yaml:" in done.stderr
    assert "did you mean 'arr_delay'?" in done.stderr
    done = headrace("run", tmp_path / "missing.yaml")
    assert done.returncode == 1
    assert "missing.yaml" in done.stderr
    done = headrace("rum")
    assert done.returncode == 2
    assert "did you mean 'run'?" in done.stderr


def test_a_missing_file_and_a_malformed_line_are_one_clear_error(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for table in ("weather", "planes", "airports", "airlines"):
        (data / f"{table}.csv").write_bytes((FLIGHTS / "data" / f"{table}.csv").read_bytes())
    done = run_changed(tmp_path, data=data)
    assert done.returncode == 1
    assert "flights.csv" in done.stderr
    lines = (FLIGHTS / "data" / "flights.csv").read_bytes().splitlines(keepends=True)[:50]
    lines[30] = b"2013,1,1,broken\n"
    (data / "flights.csv").write_bytes(b"".join(lines))
    done = run_changed(tmp_path, data=data)
    assert done.returncode == 1
    assert "flights.csv" in done.stderr
    assert "31" in done.stderr
    assert published(tmp_path / "out") == []
    assert leftovers(tmp_path / "out") == []


def test_too_small_a_budget_is_one_clear_error(tmp_path):
    done = headrace("run", FLIGHTS / "pipeline.yaml", "--quiet", "--memory", "8MiB", "--set", f"out={tmp_path / 'out'}")
    assert done.returncode == 1
    assert "memory budget" in done.stderr
    assert "--memory" in done.stderr
    assert leftovers(tmp_path / "out") == []


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    out = tmp_path / "out"
    out.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", out], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("this machine does not let us mount")
    try:
        done = headrace("run", FLIGHTS / "pipeline.yaml", "--quiet", "--set", f"out={out}")
        assert done.returncode == 1
        assert "No space left on device" in done.stderr or "disk" in done.stderr
        assert published(out) == []
        assert leftovers(out) == []
    finally:
        subprocess.run(["umount", out], check=True)


@pytest.mark.parametrize("delay_seconds", [0.05, 0.15, 0.3])
def test_an_interrupt_exits_130_and_leaves_the_old_data_set(flights_out, tmp_path, delay_seconds):
    out = tmp_path / "out"
    run_flights(out)
    before = bytes_of_shards(out)
    command = [HEADRACE, "run", FLIGHTS / "pipeline.yaml", "--threads", "1", "--set", f"out={out}"]
    process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    time.sleep(delay_seconds)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert process.returncode in (0, 130)  # 0: it was faster than the signal
    if process.returncode == 130:
        assert "interrupted" in errors
    assert bytes_of_shards(out) == before


def test_validate_takes_under_a_second_and_prints_json(tmp_path):
    start = time.monotonic()
    done = headrace("validate", FLIGHTS / "pipeline.yaml", "--output", "json", "--set", f"out={tmp_path}")
    assert time.monotonic() - start < 1.0
    assert done.returncode == 0, done.stderr
    assert {source["name"] for source in json.loads(done.stdout)["sources"]} >= {"flights", "weather"}
    assert not list(tmp_path.iterdir())
