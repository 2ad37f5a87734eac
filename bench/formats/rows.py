"""The rows that formats are compared on: the first of the encoded rows of the ads job, as a data set of Parquet."""

import functools
import json
import math
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADRACE = ROOT / "build/headrace"
FIRST_ROWS = Path(__file__).resolve().parent / "first_rows.py"
ROWS_PER_SHARD = 250_000
# How many rows systems read and write that would take minutes for all. MosaicML's reader gets a folder of its own. Two
# of the writers take arrays of numpy, and get the same.
ROWS_READ = {"tensorflow": 500_000, "petastorm": 1_000_000, "mosaicml-streaming": 50_000}
ROWS_WRITTEN = {"tensorflow": 50_000, "tfx_bsl": 500_000, "mosaicml-streaming": 50_000}


def run_headrace(*words):
    done = subprocess.run([HEADRACE, *map(str, words)], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"headrace {words[0]} failed:\n{done.stderr}")


def pipeline_of_ads():
    """The ads job without the second list, since the first has one length in all rows, and with int64 as its only
    integers, as in TFRecord: 2 labels, 1 key and 30 features."""
    lines = (ROOT / "bench/ads/pipeline.yaml").read_text().splitlines()
    kept = [line for line in lines if not line.startswith("  - {name: interests,")]
    if len(kept) != len(lines) - 1:
        sys.exit("the ads job has no feature `interests`, which is to be left out")
    return "\n".join(kept).replace("{name: position}", "{name: position, dtype: int64}") + "\n"


class Rows:
    """The rows that are compared, as a data set of Parquet, and their columns and digests."""

    def __init__(self, arguments):
        self.arguments = arguments
        self.folder = arguments.out / "rows"
        self.shards = max(4, math.ceil(arguments.rows / ROWS_PER_SHARD))
        self.count = arguments.rows
        self.values = arguments.out / "rows.npz"

    def prepare(self):
        job, pipeline = self.arguments.out / "job", self.arguments.out / "pipeline.yaml"
        content = pipeline_of_ads()
        is_same = pipeline.is_file() and pipeline.read_text() == content
        if not is_same or not (self.folder / "manifest.json").is_file():
            pipeline.unlink(missing_ok=True)
            job_pipeline = job.with_suffix(".yaml")
            job_pipeline.write_text(content)
            run_headrace(
                "run", job_pipeline, "--quiet", "--set", f"data={self.arguments.data}", "--set", f"out={job}",
                "--threads", 2, "--memory", self.arguments.memory,
            )  # fmt: skip
            run_headrace("convert", job / "parquet", self.folder, "--rows", self.count, "--shards", self.shards,
                         "--format", "parquet", "--threads", 2, "--memory", self.arguments.memory)  # fmt: skip
            shutil.rmtree(job)
            self.values.unlink(missing_ok=True)
            job_pipeline.rename(pipeline)
        manifest = read_manifest(self.folder)
        if rows_of(manifest) != self.count:
            sys.exit(f"there are only {rows_of(manifest)} rows at this scale: give --rows or a larger --sf")
        if any(column["nulls"] for column in manifest["columns"]):
            sys.exit("the rows have nulls, which not every format holds")
        self.columns = {
            column["name"]: (
                column["type"].removeprefix("fixed_size_list<").split(",")[0],
                column["shape"][0] if column["shape"] else 0,
            )
            for column in manifest["columns"]
        }
        lists = [name for name, (_, length) in self.columns.items() if length]
        print(f"{self.count} rows of {len(self.columns)} columns, lists: {lists}", flush=True)
        self.shard_rows = [shard["rows"] for shard in manifest["parts"][0]["shards"]]
        self.files = shard_files(self.folder)
        self.request = self.arguments.out / "request-rows.json"
        self.request.write_text(json.dumps({"files": list(map(str, self.files)), "columns": self.columns}))

    def prepare_values(self):
        """The first rows as arrays of numpy, for the writers that take such."""
        if not self.values.is_file():
            self.first_rows("save", self.count_written("tensorflow"), self.values)

    def first_rows(self, *words):
        """What first_rows.py prints."""
        command, *more = words
        command = [sys.executable, FIRST_ROWS, command, self.request, *more]
        return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout

    def shards_of(self, system):
        """How many of the first shards a system reads."""
        limit = ROWS_READ.get(system, self.count)
        return next((i for i in range(len(self.files)) if sum(self.shard_rows[:i]) >= limit), len(self.files))

    def count_written(self, system):
        """How many rows a slow system writes, of the first shard."""
        return min(ROWS_WRITTEN[system], self.shard_rows[0])

    @functools.cache  # noqa: B019  (there is one object)
    def first_rows_as_mds(self):
        """A folder with as many rows as MosaicML's reader gets, written like the others; returns it and the rows."""
        folder, count = self.folder.with_name("mds-first-rows"), min(ROWS_READ["mosaicml-streaming"], self.count)
        run_headrace("convert", self.folder, folder, "--format", "mds", "--shards", 2, "--rows", count)
        return folder, count

    @functools.cache  # noqa: B019
    def digests(self, rows):
        """The digests of the columns of the first rows."""
        return json.loads(self.first_rows("digests", rows))


def read_manifest(folder):
    return json.loads((folder / "manifest.json").read_text())


def rows_of(manifest):
    return sum(shard["rows"] for part in manifest["parts"] for shard in part["shards"])


def shard_files(folder):
    return [folder / shard["file"] for part in read_manifest(folder)["parts"] for shard in part["shards"]]
