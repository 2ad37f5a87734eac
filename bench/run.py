"""Runs the ads job in Headrace and its peers in turn, several times, and writes records, a plot and a summary.

    bench/run.py --sf 0.1 --tasks job_parquet,transform_known_state --systems headrace,duckdb --runs 3

Each time is that of a whole process, from raw files to written ones, and the sync after it. The inputs are read once
before, so that they are warm. Systems alternate: every round runs each once. What the last round wrote is checked:
Parquet row by row against the reference (check.py), other outputs of Headrace by the digest of its rows.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
sys.path[:0] = [str(BENCH), str(BENCH / "peers")]

from check import Output, check  # noqa: E402
from measure import measure  # noqa: E402
from plot import draw  # noqa: E402
from records import RESULTS, make_record, merge_records  # noqa: E402

HEADRACE = ROOT / "build/headrace"
PYTHONS = {
    "duckdb": ROOT / ".venv/bin/python",
    "polars": ROOT / "build/envs/peers/bin/python",
    "datafusion": ROOT / "build/envs/peers/bin/python",
    "pyspark": ROOT / "build/envs/pyspark/bin/python",
}
CALIBRATION = "x = 1\nfor i in range(30_000_000): x = (x * 31 + i) & 0xffff"


@dataclass
class Case:
    """One command of a round, and what was measured of it."""

    task: str
    system: str
    variant: str
    threads: int
    command: list
    out: Path
    measurements: list = field(default_factory=list)
    checked: bool = False
    error: str = ""

    @property
    def name(self):
        return " ".join(filter(None, (self.task, self.system, self.variant, f"{self.threads} threads")))

    @property
    def is_parquet(self):
        return self.task in ("job_parquet", "transform_known_state")

    def seconds(self):
        return [measurement.seconds for measurement in self.measurements]

    def peak_bytes(self):
        return max(measurement.peak_bytes for measurement in self.measurements)

    def output(self):
        """The folder of the data set, where it has one."""
        if self.system != "headrace":
            return self.out
        return self.out / ("tfrecord" if self.task == "job_tfrecord" else "parquet")


def headrace_case(task, arguments, memory, threads, variant):
    out = arguments.out / f"{task}-headrace-{variant}-{threads}"
    # Without statistics, which no peer takes.
    command = [HEADRACE, "run", ROOT / "bench/ads/pipeline.yaml", "--quiet", "--no-statistics", "--output", "json"]
    command += ["--threads", threads]
    command += ["--memory", memory, "--set", f"data={arguments.data}", "--set", f"out={out}"]
    if task == "job_tfrecord":
        command += ["--set", "format=tfrecord"]
    if task == "transform_known_state":
        command += ["--state", arguments.out / "state"]
    return Case(task, "headrace", variant, threads, command, out)


def make_cases(arguments):
    cases = []
    for task in arguments.tasks:
        for system in arguments.systems:
            if system == "headrace":
                cases.append(headrace_case(task, arguments, arguments.memory, arguments.threads, ""))
            elif task == "job_parquet":
                out = arguments.out / f"{task}-{system}"
                program = BENCH / "peers" / f"{system}_ads.py"
                command = [PYTHONS[system], program, "--data", arguments.data, "--out", out]
                command += ["--threads", arguments.threads, "--memory", arguments.memory, "--task", task]
                variant = f"local[{arguments.threads}]" if system == "pyspark" else ""
                cases.append(Case(task, system, variant, arguments.threads, command, out))
    for memory in arguments.headrace_memory:
        cases.append(headrace_case("job_parquet", arguments, memory, arguments.threads, f"memory-{memory}"))
    if arguments.scaling:
        cases.append(headrace_case("job_parquet", arguments, arguments.memory, 1, ""))
        for threads in (1, 2):
            loops = f"{sys.executable} -c '{CALIBRATION}'"
            both = f"{loops} {'&' if threads == 2 else ';'} {loops}; wait"
            command = ["bash", "-c", both]
            cases.append(Case("calibration", "python", "independent-loops", threads, command, arguments.out / "none"))
    return cases


def warm_up(data):
    """Reads every input once. Returns their bytes."""
    total = 0
    for file in filter(Path.is_file, data.rglob("*")):
        with file.open("rb") as stream:
            while block := stream.read(1 << 24):
                total += len(block)
    return total


def prepare_state(arguments):
    """Saves the fitted state that transform_known_state encodes with."""
    case = headrace_case("job_parquet", arguments, arguments.memory, arguments.threads, "state")
    done = subprocess.run(list(map(str, case.command)), capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"headrace failed with exit code {done.returncode}:\n{done.stderr}")
    shutil.copytree(case.out / "state", arguments.out / "state", dirs_exist_ok=True)
    shutil.rmtree(case.out)


def run_rounds(cases, arguments):
    for round_number in range(1, arguments.runs + 1):
        for case in cases:
            if case.error:
                continue
            shutil.rmtree(case.out, ignore_errors=True)
            measured = measure(case.command, arguments.out / "log")
            if measured.exit_code != 0:
                case.error = f"exit code {measured.exit_code}: {measured.stderr.strip()[-500:]}"
                print(f"round {round_number}: {case.name}: FAILED, {case.error}", flush=True)
                continue
            case.measurements.append(measured)
            peak = measured.peak_bytes / 2**20
            print(f"round {round_number}: {case.name}: {measured.seconds:.2f} s, {peak:.0f} MiB", flush=True)


def manifest(case):
    return json.loads((case.output() / "manifest.json").read_text())


def check_cases(cases, arguments):
    """Marks the cases whose output was proved equal to the reference, which is DuckDB's if it ran."""
    good = [case for case in cases if case.measurements]
    jobs = [case for case in good if case.task == "job_parquet"]
    if len({case.system for case in jobs}) > 1:
        reference = next((case for case in jobs if case.system == "duckdb"), jobs[0])
        others = [case for case in good if case.is_parquet and case is not reference]
        differences, notes = check(
            arguments.data, reference.output(), [case.output() for case in others], memory=arguments.check_memory
        )
        print("\n".join(notes + [f"DIFFERENT {difference}" for difference in differences]))
        for case in (reference, *others):
            case.checked = not any(difference.startswith(f"{case.output()}: ") for difference in differences)
    proved = {manifest(case)["row_digest"] for case in good if case.system == "headrace" and case.checked}
    for case in good:
        if case.system == "headrace" and not case.is_parquet:
            case.checked = manifest(case)["row_digest"] in proved


def version_of(system):
    if system == "headrace":
        command = [HEADRACE, "version"]
    elif system == "python":
        return ".".join(map(str, sys.version_info[:3]))
    else:
        command = [PYTHONS[system], "-c", f"import {system}; print({system}.__version__)"]
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout.split()[-1]


def records_of(cases, arguments):
    records = []
    for case in cases:
        if not case.measurements:
            continue
        rows, size = (0, 0) if case.task == "calibration" else Output(case.output()).written()
        common = {
            "benchmark": "ads", "task": case.task, "system": case.system, "version": version_of(case.system),
            "scale": arguments.sf, "threads": case.threads, "rows": rows, "bytes": size,
            "peak_bytes": case.peak_bytes(), "checked": case.checked,
        }  # fmt: skip
        records.append(make_record(case.seconds(), variant=case.variant, **common))
        starts = [
            float(m.stdout.split("start_seconds ")[1].split()[0]) for m in case.measurements if "start_s" in m.stdout
        ]
        if starts:
            records.append(make_record(starts, variant=f"{case.variant}-jvm-start", **common))
    return records


def summary(cases):
    """Lines of medians, ratios to Headrace and peak memory."""
    lines = [f"{'':<52}{'median':>9}{'ratio':>8}{'peak':>11}  checked"]
    base = next((c for c in cases if c.system == "headrace" and c.task == "job_parquet" and c.measurements), None)
    for case in cases:
        if not case.measurements:
            lines.append(f"{case.name:<52} failed: {case.error.splitlines()[0] if case.error else 'not run'}")
            continue
        seconds = statistics.median(case.seconds())
        ratio = f"{seconds / statistics.median(base.seconds()):8.2f}" if base else f"{'':>8}"
        peak, checked = case.peak_bytes() / 2**20, "yes" if case.checked else "no"
        lines.append(f"{case.name:<52}{seconds:>7.2f} s{ratio}{peak:>7.0f} MiB  {checked}")
    return lines


def parse_arguments():
    def words(text):
        return text.split(",")

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sf", required=True, help="the scale of the data, only a label: 0.1")
    parser.add_argument("--data", type=Path, help="default: build/bench/ads-SF")
    parser.add_argument("--out", type=Path, default=ROOT / "build/bench/out")
    parser.add_argument("--tasks", type=words, default=["job_parquet"])
    parser.add_argument("--systems", type=words, default=["headrace", *PYTHONS])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="20GiB")
    parser.add_argument("--headrace-memory", type=words, default=[], help="more runs of Headrace: 2GiB,512MiB")
    parser.add_argument("--scaling", action="store_true", help="also one thread, and a calibration of two")
    parser.add_argument("--check-memory", default="4GiB")
    parser.add_argument("--results", type=Path, default=RESULTS / "engines-native.json")
    arguments = parser.parse_args()
    arguments.data = (arguments.data or ROOT / f"build/bench/ads-{arguments.sf}").resolve()
    arguments.out = arguments.out.resolve()
    if not arguments.data.is_dir():
        sys.exit(f"no data in {arguments.data}: make bench-data SF={arguments.sf}")
    return arguments


def main():
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    print(f"inputs: {warm_up(arguments.data) / 2**20:.0f} MiB in {arguments.data}, read once")
    if "transform_known_state" in arguments.tasks and "headrace" in arguments.systems:
        prepare_state(arguments)
    cases = make_cases(arguments)
    run_rounds(cases, arguments)
    check_cases(cases, arguments)
    records = merge_records(arguments.results, records_of(cases, arguments))
    arguments.results.with_suffix(".svg").write_text(draw(records, "The ads job: raw files to training rows"))
    print("\n".join(["", *summary(cases), f"\nwrote {arguments.results} and its plot"]))
    if any(case.measurements and not case.checked and case.task != "calibration" for case in cases):
        sys.exit("not all outputs were proved equal: those times do not count")


if __name__ == "__main__":
    main()
