"""Pipelines and data sets on s3://: a real server of moto, and a proxy before it that breaks requests."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import HEADRACE, ROOT
from fault_proxy import Fault, FaultProxy, wait_for_port

MOTO = ROOT / "build/envs/moto/bin/moto_server"
KEY = "AKIATESTONLY00000001"
SECRET = "test-only-secret-0123456789"
TOKEN = "test-only-token-0123456789"
ROWS = 3000

PIPELINE = """
version: 1
name: trips
parameters: {{raw: {raw}, out: {out}}}
sources:
  trips: {{path: '${{raw}}/trips.csv', schema: {{trip: int64, carrier: string, distance: float64, late: int64}}}}
  carriers: {{path: '${{raw}}/carriers/*.parquet'}}
tables:
  rows:
    from: trips
    steps:
      - join: {{right: carriers, on: carrier}}
features:
  - {{name: late, role: label}}
  - {{name: distance, transforms: [standardize]}}
  - {{name: seats}}
  - {{name: trip, role: key}}
split: {{hash: trip, salt: s, parts: {{train: 0.8, eval: 0.2}}}}
outputs:
  - {{path: '${{out}}/parquet', format: parquet, shards: 2}}
  - {{path: '${{out}}/tfrecord', format: tfrecord, shards: 2}}
"""


class Bucket:
    """A bucket as any client sees it, without the code under test. The server wants a signature, but checks none."""

    def __init__(self, url, name):
        self.url = f"{url}/{name}"
        self.request("PUT")

    def request(self, method, key="", body=None):
        request = urllib.request.Request(f"{self.url}/{key}" if key else self.url, data=body, method=method)
        request.add_header("Content-Type", "application/octet-stream")
        request.add_header("Authorization", "AWS4-HMAC-SHA256 Credential=any/20260101/us-east-1/s3/aws4_request")
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def put(self, key, body):
        self.request("PUT", key, body)

    def get(self, key):
        return self.request("GET", key)

    def keys(self, prefix=""):
        page = ElementTree.fromstring(self.request("GET", f"?list-type=2&max-keys=1000&prefix={prefix}"))
        return [entry.text for entry in page.iter("{http://s3.amazonaws.com/doc/2006-03-01/}Key")]

    def manifest(self, data_set):
        return json.loads(self.get(f"{data_set}/manifest.json"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    if not MOTO.exists():
        pytest.fail("no moto: python3 tools/setup.py env moto")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = (tmp_path_factory.mktemp("moto") / "log").open("w")
    process = subprocess.Popen([MOTO, "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log)
    wait_for_port(port, 120)
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="module")
def raw(tmp_path_factory):
    """The raw tables, on this machine."""
    folder = tmp_path_factory.mktemp("raw")
    lines = ["trip,carrier,distance,late"]
    lines += [f"{i},{'ABCD'[i % 4]},{i * 7 % 1000}.5,{i % 3 // 2}" for i in range(ROWS)]
    (folder / "trips.csv").write_text("\n".join(lines) + "\n")
    (folder / "carriers").mkdir()
    for part, names in enumerate((["A", "B"], ["C", "D"])):
        table = pa.table({"carrier": names, "seats": pa.array([10 + part, 20 + part], pa.int64())})
        pq.write_table(table, folder / f"carriers/part-{part}.parquet")
    return folder


@pytest.fixture(scope="module")
def bucket(server, raw):
    """A bucket with the raw tables below raw/, and one run's data sets below out/."""
    bucket = Bucket(server, "lake")
    for path in raw.rglob("*.*"):
        bucket.put(f"raw/{path.relative_to(raw)}", path.read_bytes())
    return bucket


@pytest.fixture
def proxy(server):
    with FaultProxy(server) as proxy:
        yield proxy


def environment(url, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    own = {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": "us-east-1",
        "HOME": "/nonexistent",
    }
    secrets = {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN}
    return {**kept, **own, **secrets, **more}


def call(url, *words, code=0, **more):
    """Runs the program, which must end with `code` and say no secret; returns what it prints."""
    done = subprocess.run(
        [HEADRACE, *map(str, words)], capture_output=True, text=True, env=environment(url, **more), timeout=180
    )
    assert done.returncode == code, f"{done.returncode}: {done.stderr}"
    assert_no_secret(done.stdout + done.stderr)
    return done.stdout if code == 0 else done.stderr


def assert_no_secret(text):
    for secret in (KEY, SECRET, TOKEN):
        assert secret not in text


def write_pipeline(folder, raw, out, more=""):
    file = folder / "pipeline.yaml"
    file.write_text(PIPELINE.format(raw=raw, out=out) + more)
    return file


def run(url, folder, out, *words, raw="s3://lake/raw", code=0, more="", **env):
    return call(url, "run", write_pipeline(folder, raw, out, more), "--quiet", *words, code=code, **env)


def shards(manifest):
    """(rows, bytes, checksum) of all shards in order."""
    return [
        (shard["rows"], shard["bytes"], shard["checksum"]) for part in manifest["parts"] for shard in part["shards"]
    ]


@pytest.fixture(scope="module")
def published(server, bucket, tmp_path_factory):
    """The data sets of one run on s3, and those of the same run on this machine."""
    folder = tmp_path_factory.mktemp("published")
    run(server, folder, "s3://lake/out")
    return bucket


def test_data_sets_on_s3_are_those_of_this_machine_byte_for_byte(server, published, raw, tmp_path):
    run(server, tmp_path, tmp_path / "out", raw=raw)
    for name in ("parquet", "tfrecord"):
        local = json.loads((tmp_path / "out" / name / "manifest.json").read_text())
        stored = published.manifest(f"out/{name}")
        assert stored["row_digest"] == local["row_digest"]
        assert shards(stored) == shards(local)
        for key in ("columns", "sources", "fitted_state_digest", "format"):
            assert stored[key] == local[key]
        for here, there in zip(local["parts"], stored["parts"], strict=True):
            for ours, theirs in zip(here["shards"], there["shards"], strict=True):
                bytes_here = (tmp_path / "out" / name / ours["file"]).read_bytes()
                assert bytes_here == published.get(f"out/{name}/{theirs['file']}")
    assert published.get("out/state/state.json") == (tmp_path / "out/state/state.json").read_bytes()


def test_no_folder_markers_are_made_and_the_report_says_that_the_last_writer_wins(published):
    assert [key for key in published.keys("out/") if key.endswith("/")] == []
    report = published.get("out/run.json").decode()
    assert_no_secret(report)
    outputs = json.loads(report)["outputs"]
    assert [output["second_writer"] for output in outputs] == ["last writer wins"] * 2


def test_inspect_verify_and_convert_read_and_write_s3(server, published, tmp_path):
    inspected = json.loads(call(server, "inspect", "s3://lake/out/parquet", "--output", "json"))
    assert inspected["rows"] == ROWS and inspected["manifest"]["name"] == "trips"
    assert (
        json.loads(call(server, "inspect", "s3a://lake/raw/carriers/part-?.parquet", "--output", "json"))["files"] == 2
    )
    assert json.loads(call(server, "inspect", "s3://lake/r*/**/*.parquet", "--output", "json"))["rows"] == 4
    files = call(server, "inspect", "s3://lake/out/tfrecord", "--files").split()
    assert len(files) == 4 and all(file.startswith("s3://lake/out/tfrecord/data-") for file in files)
    assert "good" in call(server, "verify", "s3://lake/out/tfrecord")
    text = call(server, "convert", "s3://lake/out/parquet", "s3://lake/out/arrow", "--format", "arrow")
    assert "last writer wins" in text
    call(server, "convert", "s3://lake/out/arrow", tmp_path / "back", "--format", "parquet")
    digest = json.loads((tmp_path / "back/manifest.json").read_text())["row_digest"]
    assert digest == published.manifest("out/parquet")["row_digest"]


def test_a_file_larger_than_a_part_is_uploaded_in_parts(proxy, bucket, tmp_path):
    rows = 3_000_000
    numbers = pa.Array.from_buffers(pa.int64(), rows, [None, pa.py_buffer(os.urandom(8 * rows))])
    table = pa.table({"x": numbers})
    pq.write_table(table, tmp_path / "big.parquet", compression="none")
    call(proxy.url, "convert", tmp_path / "big.parquet", "s3://lake/big", "--format", "arrow", "--shards", 1)
    assert proxy.count("PUT", "partNumber=2") == 1 and proxy.count("POST", "uploadId=") == 1
    assert proxy.count("PUT", "manifest.json") == 1
    assert "3,000,000 rows" in call(proxy.url, "verify", "s3://lake/big")


def test_storage_options_of_a_pipeline_reach_a_store_without_the_environment(server, bucket, tmp_path):
    options = f"storage_options: {{endpoint: '{server}', region: us-east-1}}\n"
    run("http://127.0.0.1:9", tmp_path, "s3://lake/by-options", more=options)
    assert bucket.manifest("by-options/parquet")["name"] == "trips"
    for key, word in (("secret_key", "environment"), ("regoin", "did you mean 'region'?")):
        wrong = f"storage_options: {{{key}: {SECRET}}}\n"
        assert word in run(server, tmp_path, "s3://lake/never", code=1, more=wrong)


def test_paths_that_lead_nowhere_are_told_with_the_nearest_name(server, bucket, tmp_path):
    assert "did you mean 'trips.csv'?" in call(server, "inspect", "s3://lake/raw/trip.csv", code=1)
    assert "there is no bucket 'no-lake'" in call(server, "inspect", "s3://no-lake/raw/trips.csv", code=1)
    assert "no file matches" in call(server, "inspect", "s3://lake/raw/*.json", code=1)
    assert "cannot list folder 's3://lake/rew'" in call(server, "inspect", "s3://lake/rew/*.json", code=1)
    assert "s3://bucket/x.csv" in call(server, "inspect", "gs://lake/raw/trips.csv", code=2)
    assert "s3://bucket/x.csv" in run(server, tmp_path, "abfs://lake/out", code=1)
    said = call(server, "inspect", f"s3://{KEY}:{SECRET}@lake/raw/trips.csv", code=2)
    assert "credentials" in said
    assert "--spill-dir" in run(server, tmp_path, "s3://lake/never", "--spill-dir", "s3://lake/spill", code=2)


def test_a_store_that_nobody_serves_is_an_error_in_seconds(tmp_path):
    started = time.monotonic()
    said = call("http://127.0.0.1:9", "inspect", "s3://lake/raw/trips.csv", code=1)
    assert "cannot look at 's3://lake/raw/trips.csv" in said and "AWS_ENDPOINT_URL" in said
    assert time.monotonic() - started < 30


@pytest.mark.parametrize(
    "fault",
    [
        Fault("busy", "GET", "raw/trips.csv", 3),
        Fault("busy", "PUT", "over", 3),
        Fault("busy", "PUT", "manifest.json", 2),
        Fault("cut", "GET", "raw/trips.csv", 1),
        Fault("cut", "GET", "part-0.parquet", 2),
        Fault("cut_upload", "PUT", "part-00000-of-00002", 2),
        Fault("hang", "PUT", "part-00001-of-00002", 1),
    ],
    ids=str,
)
def test_a_run_gets_over_a_store_that_fails_for_a_while(proxy, published, tmp_path, fault):
    proxy.faults.append(fault)
    out = f"s3://lake/over-{fault.kind}-{fault.method}"
    run(proxy.url, tmp_path, out, more="storage_options: {request_timeout: 5}\n")
    assert fault.times == 0
    manifest = published.manifest(f"over-{fault.kind}-{fault.method}/parquet")
    assert shards(manifest) == shards(published.manifest("out/parquet"))


@pytest.mark.parametrize(
    "fault",
    [
        Fault("hang", "GET", "raw/trips.csv", 99),
        Fault("cut_upload", "PUT", "part-00000-of-00002", 99),
        Fault("cut", "GET", "raw/trips.csv", 99),
        Fault("hang", "PUT", "parquet/manifest.json", 99),
    ],
    ids=str,
)
def test_a_run_over_a_store_that_stays_broken_fails_soon_and_publishes_nothing(proxy, bucket, tmp_path, fault):
    proxy.faults.append(fault)
    name = f"broken-{fault.kind}-{fault.method}-{len(fault.part)}"
    said = run(proxy.url, tmp_path, f"s3://lake/{name}", code=1, more="storage_options: {request_timeout: 2}\n")
    assert re.search(r"cannot (read|write) 's3://lake/", said) and "AWS Error" in said
    assert [key for key in bucket.keys(name) if key.endswith("manifest.json")] == []
    report = json.loads(bucket.get(f"{name}/run.json"))
    assert report["status"] == "failed"


def test_words_of_the_store_are_repeated_without_the_secrets_in_them(proxy, bucket, tmp_path):
    proxy.faults.append(Fault("echo", "PUT", "never", 99))
    said = run(proxy.url, tmp_path, "s3://lake/never", code=1)
    assert "ACCESS_DENIED" in said and "***" in said and "AWS_PROFILE" in said


def test_a_killed_run_leaves_the_old_data_set_and_a_folder_that_only_a_person_removes(proxy, bucket, tmp_path):
    out = tmp_path / "pipeline.yaml"
    run(proxy.url, tmp_path, "s3://lake/killed")
    old = bucket.get("killed/parquet/manifest.json")
    proxy.faults.append(Fault("hang", "PUT", "killed/parquet/manifest.json", 99))
    process = subprocess.Popen([HEADRACE, "run", out, "--quiet"], env=environment(proxy.url), stderr=subprocess.DEVNULL)
    proxy.faults[0].wait_until_met(30)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert bucket.get("killed/parquet/manifest.json") == old
    assert "good" in call(proxy.url, "verify", "s3://lake/killed/parquet")
    proxy.faults.clear()

    def folders():
        return {key.split("/")[2] for key in bucket.keys("killed/parquet/data-")}

    assert len(folders()) == 2
    # The next run cannot know that the other is dead, and a replaced data set may be read still.
    run(proxy.url, tmp_path, "s3://lake/killed")
    assert len(folders()) == 3
    assert "no locks" in call(proxy.url, "clean", "s3://lake/killed/parquet", code=2)
    assert "2 would be removed" in call(proxy.url, "clean", "s3://lake/killed/parquet", "--dry-run")
    assert len(folders()) == 3
    assert "2 removed" in call(proxy.url, "clean", "s3://lake/killed/parquet", "--no-run-is-writing")
    assert folders() == {f"data-{bucket.manifest('killed/parquet')['run_id']}"}
    assert "good" in call(proxy.url, "verify", "s3://lake/killed/parquet")
    assert "nothing" in call(proxy.url, "clean", "s3://lake/killed/parquet", "--no-run-is-writing")


def test_of_two_runs_at_once_the_last_one_wins_and_neither_harms_the_other(proxy, bucket, tmp_path):
    patient = "storage_options: {request_timeout: 90}\n"
    run(proxy.url, tmp_path, "s3://lake/twice", more=patient)
    proxy.faults.append(Fault("hold", "PUT", "twice/parquet/manifest.json", 1))
    slow = subprocess.Popen([HEADRACE, "run", tmp_path / "pipeline.yaml", "--quiet"], env=environment(proxy.url))
    proxy.faults[0].wait_until_met(30)
    run(proxy.url, tmp_path, "s3://lake/twice", more=patient)
    first = bucket.manifest("twice/parquet")["run_id"]
    proxy.released.set()
    assert slow.wait(60) == 0
    assert bucket.manifest("twice/parquet")["run_id"] != first
    assert "good" in call(proxy.url, "verify", "s3://lake/twice/parquet")
    assert "good" in call(proxy.url, "verify", "s3://lake/twice/tfrecord")


def test_a_run_that_appends_loses_no_rows_of_another_that_was_faster(proxy, bucket, tmp_path):
    file = write_pipeline(tmp_path, "s3://lake/raw", "s3://lake/more", "storage_options: {request_timeout: 90}\n")
    file.write_text(file.read_text().replace("shards: 2}", "shards: 2, mode: append}"))
    command = [HEADRACE, "run", file, "--quiet"]
    call(proxy.url, *command[1:])
    proxy.faults.append(Fault("hold", "PUT", "more/tfrecord/data-", 1))
    with subprocess.Popen(command, env=environment(proxy.url), stderr=subprocess.PIPE, text=True) as slow:
        proxy.faults[0].wait_until_met(60)
        call(proxy.url, *command[1:])
        proxy.released.set()
        said = slow.communicate(timeout=60)[1]
    assert slow.returncode == 1 and "has published the data set 's3://lake/more/parquet'" in said
    for name in ("parquet", "tfrecord"):
        assert sum(part["rows"] for part in bucket.manifest(f"more/{name}")["parts"]) == 2 * ROWS
        assert "good" in call(proxy.url, "verify", f"s3://lake/more/{name}")


def test_work_on_this_machine_starts_no_client_of_a_store(raw, tmp_path):
    strace = shutil.which("strace")
    file = write_pipeline(tmp_path, raw, tmp_path / "out")
    if strace is None:
        pytest.skip("no strace")
    trace = tmp_path / "trace"
    command = [strace, "-f", "-e", "trace=socket,connect", "-o", trace, HEADRACE, "run", file, "--quiet"]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, env=environment("http://127.0.0.1:9")
    )
    if "ptrace" in done.stderr:
        pytest.skip("strace may not trace here")
    assert done.returncode == 0, done.stderr
    assert "socket(" not in Path(trace).read_text()


PYTHON_PROGRAM = """
import headrace as hr
store = {{"endpoint": "{url}", "region": "us-east-1", "access_key": "{key}", "secret_key": "{secret}"}}
trips = hr.scan_csv("s3://lake/raw/trips.csv", schema={{"trip": "int64", "carrier": "string", "distance": "float64",
                    "late": "int64"}}, storage_options=store)
carriers = hr.scan_parquet("s3://lake/raw/carriers/*.parquet", storage_options=store)
rows = trips.join(carriers, on="carrier").filter("late = 1")
rows.sink_parquet("s3://lake/python/rows")
print(hr.scan_parquet("s3://lake/python/rows", storage_options=store).collect().height)
pipeline = hr.Pipeline("p", rows)
print(pipeline.to_yaml(), pipeline, trips, rows.explain())
try:
    hr.scan_csv("s3://lake/raw/nothing.csv", storage_options=store)
except hr.NotFoundError as error:
    print(error, error.context)
"""


def run_python(program: str, url: str) -> subprocess.CompletedProcess[str]:
    """Runs a program that has the address and the key of the store, in an environment that has neither."""
    program = program.format(url=url, key=KEY, secret=SECRET)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"PYTHONPATH": str(ROOT / "build/release/python"), "AWS_EC2_METADATA_DISABLED": "true"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done


def test_python_reaches_a_store_by_its_options_and_shows_no_key(bucket, server):
    done = run_python(PYTHON_PROGRAM, server)
    assert done.stdout.splitlines()[0] == str(ROWS // 3)
    assert "s3://lake/raw/nothing.csv" in done.stdout
    assert KEY not in done.stdout + done.stderr
    assert SECRET not in done.stdout + done.stderr
    assert bucket.manifest("python/rows")["parts"][0]["shards"]


FORKING_PROGRAM = """
import os, sys
import headrace as hr
store = {{"endpoint": "{url}", "region": "us-east-1", "access_key": "{key}", "secret_key": "{secret}"}}
def scan():
    return hr.scan_parquet("s3://lake/raw/carriers/*.parquet", storage_options=store)
frame = scan()
row_count = frame.collect().height
for use in (frame.collect, scan):  # files that the parent opened, and new ones
    if os.fork() == 0:
        try:
            use()
        except hr.UnsupportedError as error:
            sys.exit(7 if "forked" in error.message and "spawn" in error.hint else 2)  # by way of atexit
        sys.exit(3)
    assert os.waitstatus_to_exitcode(os.wait()[1]) == 7
assert frame.collect().height == row_count
"""


def test_a_child_of_a_process_that_used_a_store_is_told_to_be_spawned(bucket, server):
    run_python(FORKING_PROGRAM, server)
