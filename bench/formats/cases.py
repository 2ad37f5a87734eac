"""What is measured: every format written and read by Headrace and by others, as commands."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from page import FEW_COLUMNS
from rows import HEADRACE, ROOT, shard_files

HERE = Path(__file__).resolve().parent
PROGRAM = ROOT / "build/release/headrace_bench_formats"
ENVS = ROOT / "build/envs"
# variant: format, compression, whether Petastorm shall read it
FORMATS = {
    "tfrecord": ("tfrecord", "none", False),
    "tfrecord-gzip": ("tfrecord", "gzip", False),
    "parquet": ("parquet", "none", True),
    "parquet-snappy": ("parquet", "snappy", True),
    "parquet-zstd": ("parquet", "zstd", True),
    "mds": ("mds", "none", False),
    "arrow": ("arrow", "none", False),
}


@dataclass
class Case:
    """One command of a round."""

    task: str
    variant: str
    system: str
    command: list
    files: list = field(default_factory=list)  # that are read, or the folder or file that is written
    env: dict = field(default_factory=dict)
    check: list | None = None  # the command with digests of what is read; or the one that reads what was written, so
    rows: int = 0

    @property
    def name(self):
        return f"{self.task} {self.variant} {self.system}"

    @property
    def columns(self):
        return FEW_COLUMNS if self.task.endswith("5_columns") else None


def environment(name, fallback=None):
    """The Python of an environment, or of the one in its place, and the variables it needs; None without both."""
    for each in filter(None, (name, fallback)):
        python = ENVS / each / "bin/python"
        if (ENVS / each / "lock.stamp").is_file():
            libraries = ENVS / each / "debian.libraries"
            return python, {"LD_LIBRARY_PATH": libraries.read_text()} if libraries.is_file() else {}
    return None


def formats_of(arguments):
    return [(variant, FORMATS[variant]) for variant in arguments.variants]


def convert_cases(rows, arguments):
    """The rows on disk again in every format, durable and published."""
    for variant, (file_format, compression, petastorm) in formats_of(arguments):
        out = arguments.out / variant
        command = [HEADRACE, "convert", rows.folder, out, "--format", file_format, "--compression", compression]
        command += ["--shards", rows.shards, "--threads", 2, "--memory", arguments.memory]
        command += ["--petastorm"] if petastorm else []
        yield Case("convert", variant, "headrace", command, [out])


def write_case(variant, system, command, out, rows, env=None):
    check = [PROGRAM, "read", "--from", out, "--format", FORMATS[variant][0], "--digest"]
    return Case("write", variant, system, command, [out], env or {}, check, rows)


def write_cases(rows, arguments):
    """Rows that are in memory, to files in memory."""
    for variant, (file_format, compression, petastorm) in formats_of(arguments):
        out = arguments.memory_out / f"headrace-{variant}"
        command = [PROGRAM, "write", "--from", rows.folder, "--format", file_format, "--compression", compression]
        command += ["--rows", rows.count, "--out", out, *(["--petastorm"] if petastorm else [])]
        yield write_case(variant, "headrace", command, out, rows.count)
        if file_format in ("parquet", "arrow"):
            out = arguments.memory_out / f"pyarrow-{variant}"
            command = [sys.executable, HERE / "pyarrow_peer.py", "write", file_format, compression]
            yield write_case(variant, "pyarrow", [*command, rows.files[0].parent, out], out, rows.count)
    if tensorflow := environment("tensorflow"):
        out, count = arguments.memory_out / "tensorflow.tfrecord", rows.count_written("tensorflow")
        command = [tensorflow[0], HERE / "tensorflow_peer.py", "write", rows.values, out, count]
        yield write_case("tfrecord", "tensorflow", command, out, count)
        if tfx_bsl := environment("tfx_bsl"):
            out, count = arguments.memory_out / "tfx_bsl.tfrecord", rows.count_written("tfx_bsl")
            command = [tfx_bsl[0], HERE / "tfx_bsl_peer.py", "write", rows.files[0], out, count]
            packages = next((ENVS / "tensorflow").glob("lib/python*/site-packages"))
            yield write_case("tfrecord", "tfx_bsl", command, out, count, {"PYTHONPATH": str(packages)})
    if streaming := environment("torch", "mds"):
        out, count = arguments.memory_out / "streaming-mds", rows.count_written("mosaicml-streaming")
        command = [streaming[0], HERE / "streaming_peer.py", "write", rows.values, out, count]
        yield write_case("mds", "mosaicml-streaming", command, out, count, streaming[1])


def request_case(task, variant, system, rows, arguments, command, env, folder=None, **request):
    """A reader that takes its request as a file of JSON: some of the shards of the variant, or a folder of its own."""
    if folder is None:
        count = rows.shards_of(system)
        files, row_count = shard_files(arguments.out / variant)[:count], sum(rows.shard_rows[:count])
    else:
        files, row_count = shard_files(folder[0]), folder[1]
        request["folder"] = str(files[0].parent)
    few = task.endswith("5_columns")
    request["files"] = list(map(str, files))
    request["columns"] = {name: rows.columns[name] for name in (FEW_COLUMNS if few else rows.columns)}
    paths = []
    for digest in (False, True):
        name = f"request-{variant}-{system}{'-few' if few else ''}{'-digest' if digest else ''}.json"
        paths.append(arguments.out / name)
        paths[-1].write_text(json.dumps(request | {"digest": digest}))
    return Case(task, variant, system, [*command, paths[0]], files, env, [*command, paths[1]], row_count)


def read_cases(rows, arguments, task):
    few = ["--columns", ",".join(FEW_COLUMNS)] if task.endswith("5_columns") else []
    tensorflow, petastorm = environment("tensorflow"), environment("torch", "petastorm")
    streaming = environment("torch", "mds")
    for variant, (file_format, compression, _) in formats_of(arguments):
        command = [PROGRAM, "read", "--from", arguments.out / variant, *few]
        files = shard_files(arguments.out / variant)
        yield Case(task, variant, "headrace", command, files, {}, [*command, "--digest"], rows.count)
        common = (rows, arguments)
        if file_format == "tfrecord" and tensorflow:
            reader = [tensorflow[0], HERE / "tensorflow_reader.py"]
            codec = {"none": "", "gzip": "GZIP"}[compression]
            yield request_case(task, variant, "tensorflow", *common, reader, tensorflow[1], compression=codec)
        if file_format == "parquet" and petastorm:
            reader = [petastorm[0], HERE / "petastorm_reader.py"]
            yield request_case(task, variant, "petastorm", *common, reader, petastorm[1])
        # Streaming reads samples whole: it has no projection.
        if file_format == "mds" and streaming and not few:
            reader = [streaming[0], HERE / "streaming_peer.py", "read"]
            folder = rows.first_rows_as_mds()
            yield request_case(task, variant, "mosaicml-streaming", *common, reader, streaming[1], folder=folder)
        if file_format in ("parquet", "arrow"):
            reader = [sys.executable, HERE / "pyarrow_reader.py"]
            yield request_case(task, variant, "pyarrow", *common, reader, {}, format=file_format)
