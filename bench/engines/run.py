"""Compares engines on the ads job, from eight raw tables to encoded training rows: time by stage, memory, bytes.

    bench/engines/run.py --sf 0.1           needs build/bench/ads-0.1: make bench-data SF=0.1
    bench/engines/run.py --sf 1 --memory 18GiB --runs 1 --systems headrace,headrace-spark,pyspark

Systems take turns in every round. A time is that of a whole process and the sync after it; the inputs are read once
before each, so that they are warm. A cluster stands before the clock starts. What a system wrote is compared row by row
with what DuckDB writes (bench/check.py), TFRecord by the digest of its rows; times of others do not count. Every
measurement goes to measurements.jsonl in --out at once, and a run that was stopped goes on where it was, unless
programs, scripts or arguments have changed. Records go to bench/results/engines.json; engines_page.py makes of them the
plot, docs/benchmark.md and docs/benchmark-report.html, with prices.toml.
"""

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench/peers"), str(ROOT / "bench/formats"), str(HERE)]

from cache import read_once  # noqa: E402
from check import Output, check  # noqa: E402
from engine_cases import HEADRACE, ON_CLUSTERS, PACKAGE, STAGES, SYSTEMS, cases_of  # noqa: E402
from engines_page import MADE  # noqa: E402
from journal import Journal  # noqa: E402
from measure import measure  # noqa: E402
from records import RESULTS, make_record, merge_records  # noqa: E402

JOB = "job_parquet"
TASKS = (JOB, "job_tfrecord")
STARTED = time.monotonic()


def words_after(stdout, key):
    """What a program printed behind a key at the start of a line; None if it did not."""
    return next((line.removeprefix(key) for line in stdout.splitlines() if line.startswith(key)), None)


def stages_of(case, stdout):
    """The seconds of the stages as all systems have them."""
    if case.system == "headrace":
        told = json.loads(stdout)["stage_seconds"]
    else:
        told = json.loads(words_after(stdout, "stage_seconds ") or "{}")
    start = words_after(stdout, "start_seconds ")
    told |= {"start": float(start)} if start else {}
    stages = {}
    for name, seconds in told.items():
        stages[STAGES[name]] = stages.get(STAGES[name], 0) + seconds
    return stages


def run_case(case, arguments):
    """Measures a case once; the error if it failed."""
    shutil.rmtree(case.out, ignore_errors=True)
    read_once(sorted(filter(Path.is_file, arguments.data.rglob("*"))))
    with case.running() as (command, beside):
        measured = measure(command, arguments.out / "log", case.env, beside=beside)
    if measured.exit_code != 0:
        return {"error": f"exit code {measured.exit_code}: {(measured.stdout + measured.stderr).strip()[-2000:]}"}
    rows, size = Output(case.output()).written()
    uncounted = float(words_after(measured.stdout, "uncounted_seconds ") or 0)
    result = {
        "seconds": measured.seconds - uncounted, "stages": stages_of(case, measured.stdout), "rows": rows,
        "bytes": size, "peak_bytes": measured.peak_bytes, "load": os.getloadavg()[0], "row_digest": row_digest(case),
    }  # fmt: skip
    if case.task != JOB:
        shutil.rmtree(case.out)  # its digest is all that is looked at
    operators = words_after(measured.stdout, "operators ")
    return result | ({"operators": json.loads(operators)} if operators else {})


class Comparison:
    """The rounds of all cases, and the journal of what they gave."""

    def __init__(self, arguments, cases, journal):
        self.arguments, self.cases, self.journal, self.failed = arguments, cases, journal, []

    def run_round(self, number):
        """Measures what the journal does not have. A case that fails is told and left out."""
        for case in self.cases:
            key = f"{case.name} #{number}"
            if time.monotonic() - STARTED > self.arguments.minutes * 60:
                return
            if self.journal.has(key) or case.name in self.failed:
                continue
            result = run_case(case, self.arguments)
            if "error" in result:
                print(f"FAILED {key}: {result['error']}", flush=True)
                self.failed.append(case.name)
                continue
            self.journal.add(key, result)
            elapsed, seconds, peak = time.monotonic() - STARTED, result["seconds"], result["peak_bytes"] / 2**20
            print(f"{elapsed:7.0f} s  {key:<44}{seconds:9.2f} s {peak:7.0f} MiB", flush=True)

    def reference(self):
        """What DuckDB writes, for the checker; made once, beside the runs that count."""
        out = self.arguments.out / "reference"
        if not (out / "complete").is_file():
            shutil.rmtree(out, ignore_errors=True)
            command = [sys.executable, ROOT / "bench/peers/duckdb_ads.py", "--data", self.arguments.data, "--out", out]
            command += ["--threads", self.arguments.threads, "--memory", self.arguments.memory]
            subprocess.run(list(map(str, command)), check=True)
            (out / "complete").touch()
        return out

    def check(self):
        """Compares what the cases wrote last with the reference, unless that has been done."""
        todo = [
            case
            for case in self.cases
            if self.journal.has(f"{case.name} #1") and not self.journal.has(f"check {case.name}")
        ]
        tables = {}
        for case in todo:
            if case.task == JOB and case.output().is_dir():
                same = row_digest(case) if self.arguments.check_digests else ""
                tables.setdefault(same or case.name, case)
        tables = list(tables.values())
        if tables:
            folders = [case.output() for case in tables]
            found, notes = check(self.arguments.data, self.reference(), folders, memory=self.arguments.check_memory)
            told = [note for note in notes if " rows" in note]
            print("\n".join(told + [f"DIFFERENT {difference}" for difference in found]), flush=True)
            for case in tables:
                equal = not any(difference.startswith(f"{case.output()}: ") for difference in found)
                self.journal.add(f"check {case.name}", {"equal": equal, "row_digest": row_digest(case)})
        proved = {r["row_digest"] for key, r in self.journal.items() if key.startswith("check ") and r["equal"]}
        for case in todo:
            if case not in tables:
                digest = self.journal.get(f"{case.name} #1")["row_digest"]
                self.journal.add(f"check {case.name}", {"equal": digest in proved - {""}, "row_digest": digest})
            shutil.rmtree(case.out, ignore_errors=True)

    def records(self):
        """A record for each case that ran."""
        for case in self.cases:
            members = [result for key, result in self.journal.items() if key.rsplit(" #", 1)[0] == case.name]
            if not members:
                continue
            last, checked = members[-1], f"check {case.name}"
            stages = {
                name: statistics.median(member["stages"].get(name, 0) for member in members) for name in last["stages"]
            }
            yield make_record(
                [member["seconds"] for member in members],
                benchmark="engines", task=case.task, variant=case.variant, system=case.system,
                version=case.version(), scale=self.arguments.sf, threads=self.arguments.threads,
                rows=last["rows"], bytes=last["bytes"], peak_bytes=max(member["peak_bytes"] for member in members),
                checked=self.journal.has(checked) and self.journal.get(checked)["equal"], stages=stages,
                **({"operators": last["operators"]} if "operators" in last else {}),
            )  # fmt: skip


def row_digest(case):
    """The digest of the rows of a data set of Headrace."""
    manifest = case.output() / "manifest.json"
    return json.loads(manifest.read_text())["row_digest"] if manifest.is_file() else ""


def parse_arguments():
    def words(text):
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sf", default="0.01", help="the scale of the ads tables: 0.1")
    parser.add_argument("--data", type=Path, help="default: build/bench/ads-SF")
    parser.add_argument("--out", type=Path, help="default: build/bench/engines-SF, which is left there")
    parser.add_argument("--tasks", type=words, default=TASKS)
    parser.add_argument("--systems", type=words, default=SYSTEMS)
    parser.add_argument("--no-cluster", dest="cluster", action="store_false", help=f"not {', '.join(ON_CLUSTERS)}")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="begin nothing after so many; what there is goes to the records"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="18GiB", help="of each system, split where it has several processes")
    parser.add_argument("--check-memory", default="4GiB")
    parser.add_argument(
        "--check-digests", action="store_true",
        help="of several data sets of Headrace with one digest of rows, compare one: an hour less at SF 1",
    )  # fmt: skip
    parser.add_argument("--results", type=Path, default=RESULTS / "engines.json")
    parser.add_argument("--no-page", action="store_true", help="leave docs/benchmark.md as it is")
    arguments = parser.parse_args()
    arguments.data = (arguments.data or ROOT / f"build/bench/ads-{arguments.sf}").resolve()
    arguments.out = (arguments.out or ROOT / f"build/bench/engines-{arguments.sf}").resolve()
    if not arguments.data.is_dir():
        sys.exit(f"no data in {arguments.data}: make bench-data SF={arguments.sf}")
    if unknown := set(arguments.systems) - set(SYSTEMS):
        sys.exit(f"no system {', '.join(sorted(unknown))}: there are {', '.join(SYSTEMS)}")
    return arguments


def inputs_of_journal():
    scripts = [*HERE.glob("*.py"), *(ROOT / "bench/peers").glob("*.py")]
    scripts = [path for path in scripts if path.name not in ("engines_page.py", "html_page.py", "price.py")]
    package = PACKAGE / "headrace"
    return [HEADRACE, *package.glob("_core*"), *package.rglob("*.py"), *scripts, ROOT / "bench/ads/pipeline.yaml"]


def main():
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    cases = list(cases_of(arguments))
    missing = [case.name for case in cases if not case.is_here()]
    for name in missing:
        print(f"LEFT OUT {name}: it is not installed", flush=True)
    journal = Journal(arguments.out / "measurements.jsonl", inputs_of_journal())
    comparison = Comparison(arguments, [case for case in cases if case.name not in missing], journal)
    for number in range(1, arguments.runs + 1):
        comparison.run_round(number)
    comparison.check()
    records = merge_records(arguments.results, comparison.records())
    if not arguments.no_page:
        MADE.write(records)
    journal.exit_unless_proved(comparison.failed)


if __name__ == "__main__":
    main()
