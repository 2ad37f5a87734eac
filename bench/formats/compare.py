"""Compares formats of training data on the encoded rows of the ads job, on disk: bytes, time to write, time to read to
batches by us and by each format's own reader, all columns and 5 of them, peak memory.

    bench/formats/compare.py --sf 0.3 --rows 10000000       needs build/bench/ads-0.3: make bench-data SF=0.3
    bench/formats/compare.py                                the first 100,000 rows of SF 0.01

Systems take turns in every round. Before a time counts, what each reader gives has been proved equal to the rows: their
number, names, types, shapes, and a digest of each column. Slow readers and writers get the first rows only (rows.py);
rows per second are compared. Every measurement goes to measurements.jsonl in --out at once, and a run that was stopped
goes on where it was, unless programs, scripts or arguments have changed. Records go to bench/results/formats.json, and
page.py makes of them the plot and the tables of docs/formats/comparison.md.
"""

import argparse
import json
import math
import shutil
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(HERE)]

from cache import drop_from_cache, read_once  # noqa: E402
from cases import FORMATS, PROGRAM, convert_cases, read_cases, write_cases  # noqa: E402
from journal import Journal  # noqa: E402
from measure import measure  # noqa: E402
from page import MADE  # noqa: E402
from records import RESULTS, make_record, merge_records  # noqa: E402
from rows import HEADRACE, ROWS_READ, Rows, read_manifest, rows_of  # noqa: E402

TASKS = ("convert", "write", "read_cold", "read_warm", "read_cold_5_columns", "read_warm_5_columns")


class CaseError(Exception):
    """A command that failed, or did not do all of its work."""


def bytes_of(paths):
    files = [file for path in paths for file in ([path] if path.is_file() else path.rglob("*"))]
    return sum(file.stat().st_size for file in files if file.is_file() and not file.is_symlink())


def remove(path):
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def run_command(command, env, log):
    measured = measure(command, log, env, syncs=False)  # Headrace makes its files durable itself
    if measured.exit_code != 0:
        raise CaseError(f"{' '.join(map(str, command))} failed:\n{measured.stdout[-1000:]}\n{measured.stderr[-3000:]}")
    return measured


def is_equal(case, result, rows, log):
    """Whether the rows were read, or can be read of what was written; of a data set, whether it has their digest."""
    if case.task == "convert":
        return read_manifest(case.files[0])["row_digest"] == read_manifest(rows.folder)["row_digest"]
    if case.task == "write":
        result = json.loads(run_command(case.check, {}, log).stdout.splitlines()[-1])
    expected = rows.digests(case.rows)
    expected = {name: expected[name] for name in case.columns or expected}
    if result["rows"] == case.rows and result["digests"] == expected:
        return True
    wrong = [name for name in expected if result["digests"].get(name) != expected[name]]
    print(f"DIFFERENT {case.name}: {result['rows']} rows of {case.rows}; columns {wrong}", flush=True)
    return False


def run_case(case, digest, log):
    """Measures a case once; returns what goes to the journal, and `digests` if a reader was asked for them."""
    note = ""
    if case.task.startswith("read_cold"):
        note = drop_from_cache(case.files)
    elif case.task.startswith("read_warm"):
        read_once(case.files)
    elif case.task == "convert":
        shutil.rmtree(case.files[0], ignore_errors=True)  # else both are on the disk for a while
    digest &= case.task.startswith("read")
    measured = run_command(case.check if digest else case.command, case.env, log)
    result = {"peak_bytes": measured.peak_bytes, "note": note}
    if case.task == "convert":
        manifest = read_manifest(case.files[0])
        return result | {"seconds": measured.seconds, "rows": rows_of(manifest), "bytes": bytes_of(case.files)}
    told = json.loads(measured.stdout.splitlines()[-1])
    if told["rows"] != case.rows:
        raise CaseError(f"{case.name}: {told['rows']} rows instead of {case.rows}")
    result |= {"seconds": told["seconds"], "rows": told["rows"], "bytes": bytes_of(case.files)}
    return result | {key: told[key] for key in ("version", "digests") if key in told}


def is_slow(case):
    """Whether a case is measured once only: files cold, where the processor is what their reader waits for."""
    return case.task.startswith("read_cold") and case.system in ROWS_READ


def is_over(arguments):
    return time.monotonic() - STARTED > arguments.minutes * 60


def run_round(cases, round_number, rows, journal, arguments):
    """Measures what the journal does not have. A case that fails is told and left out."""
    for case in cases:
        if arguments.only not in case.name or (round_number > 1 and is_slow(case)):
            continue
        if is_over(arguments):
            return
        key = f"{case.name} #{round_number}"
        if journal.has(key) and (case.task != "convert" or (case.files[0] / "manifest.json").is_file()):
            continue
        # Reading cold and warm gives the same, so it is checked once for both.
        check_key = f"check {case.name.replace('_cold', '').replace('_warm', '')}"
        try:
            result = run_case(case, not journal.has(check_key), arguments.out / "log")
            if not journal.has(check_key):
                journal.add(check_key, {"equal": is_equal(case, result, rows, arguments.out / "log")})
        except CaseError as error:
            print(f"FAILED {key}: {error}", flush=True)
            FAILED.append(key)
            continue
        finally:
            if case.task == "write":
                remove(case.files[0])
        journal.add(key, result | {"check": check_key})
        rate = result["rows"] / result["seconds"] / 1e6
        elapsed = time.monotonic() - STARTED
        print(f"{elapsed:7.0f} s  {key:<58}{result['seconds']:9.3f} s {rate:9.3f} M rows/s", flush=True)


def peak_of(results):
    """The peak of the runs that did nothing but what is measured, if there are such."""
    plain = [result for result in results if "digests" not in result]
    return max(result["peak_bytes"] for result in plain or results)


def records_of(journal, arguments):
    """Records of all that the journal has of complete cases."""
    results = {}
    for key, result in journal.items():
        if not key.startswith("check "):
            results.setdefault(key.rsplit(" #", 1)[0], []).append(result)
    version = subprocess.run([HEADRACE, "version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    records = []
    for name, members in results.items():
        task, variant, system = name.split(" ")
        last = members[-1]
        records.append(
            make_record(
                [member["seconds"] for member in members],
                benchmark="formats",
                task=task,
                variant=variant,
                system=system,
                version=last.get("version", version),
                scale=arguments.sf,
                threads=1 if f"{system} {task}" in ONE_THREAD else 2,
                rows=last["rows"],
                bytes=last["bytes"],
                peak_bytes=peak_of(members),
                checked=journal.get(last["check"])["equal"],
                note=last["note"],
            )
        )
    return records


ONE_THREAD = {"tensorflow write", "tfx_bsl write", "mosaicml-streaming write"}
STARTED = time.monotonic()
FAILED = []


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sf", default="0.01", help="the scale of the ads tables: 0.3")
    parser.add_argument("--data", type=Path, help="default: build/bench/ads-SF")
    parser.add_argument("--rows", type=int, default=100_000, help="the first so many encoded rows")
    parser.add_argument("--out", type=Path, help="default: build/bench/formats-SF-ROWS, which is left there")
    parser.add_argument("--memory-out", type=Path, default=Path("/dev/shm"), help="for rows written from memory")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="begin nothing after so many; what there is goes to the records"
    )
    parser.add_argument("--tasks", type=lambda text: text.split(","), default=TASKS)
    parser.add_argument("--variants", type=lambda text: text.split(","), default=FORMATS)
    parser.add_argument("--only", default="", help="only cases whose name has this in it")
    parser.add_argument("--memory", default="8GiB", help="the budget of headrace")
    parser.add_argument("--results", type=Path, default=RESULTS / "formats.json")
    parser.add_argument("--no-page", action="store_true", help="leave docs/formats/comparison.md as it is")
    arguments = parser.parse_args()
    arguments.data = (arguments.data or ROOT / f"build/bench/ads-{arguments.sf}").resolve()
    arguments.out = (arguments.out or ROOT / f"build/bench/formats-{arguments.sf}-{arguments.rows}").resolve()
    arguments.memory_out /= "headrace-compare"
    if not arguments.data.is_dir():
        sys.exit(f"no data in {arguments.data}: make bench-data SF={arguments.sf}")
    return arguments


def main():
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.memory_out.mkdir(parents=True, exist_ok=True)
    scripts = [path for path in HERE.glob("*.py") if path.name not in ("page.py", "run.py")]
    inputs = [HEADRACE, PROGRAM, *scripts, ROOT / "bench/ads/pipeline.yaml"]
    journal = Journal(arguments.out / "measurements.jsonl", inputs)
    rows = Rows(arguments)
    rows.prepare()
    rows.prepare_values()
    try:
        for round_number in range(1, arguments.runs + 1):
            reads = [read_cases(rows, arguments, task) for task in arguments.tasks if task.startswith("read")]
            writes = [write_cases(rows, arguments)] if "write" in arguments.tasks else []
            # What is read has to be there first; writing it again can wait.
            converts = [convert_cases(rows, arguments)]
            for cases in [*converts, *reads, *writes] if round_number == 1 else [*reads, *writes, *converts]:
                if not is_over(arguments):
                    run_round(cases, round_number, rows, journal, arguments)
    finally:
        shutil.rmtree(arguments.memory_out, ignore_errors=True)
    records = merge_records(arguments.results, records_of(journal, arguments))
    if not arguments.no_page:
        MADE.write(records)
    journal.exit_unless_proved(FAILED)


if __name__ == "__main__":
    main()
