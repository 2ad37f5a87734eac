"""Compares loaders of training data: how fast they give shuffled batches of tensors of the encoded rows of the ads job.

    bench/feed/run.py --sf 0.3 --rows 10000000       needs build/bench/ads-0.3: make bench-data SF=0.3
    bench/feed/run.py                                the first 100,000 rows of SF 0.01

Loaders take turns in every round, warm and cold, with batches of 4,096 and of 65,536 rows. Before a time counts, an
untimed pass has proved that each row came exactly once, with the digest of each column as the rows have it, and has
told how well the rows were mixed (quality.py). Slow loaders get the first rows only (feed_cases.py); rows per second
are compared. Every measurement goes to measurements.jsonl in --out at once, and a run that was stopped goes on where it
was, unless programs, scripts or arguments have changed. Records go to bench/results/feed.json; feed_page.py makes of
them the plot and the tables of docs/feed-benchmark.md.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "bench/formats"), str(HERE)]

from cache import drop_from_cache, read_once  # noqa: E402
from feed_cases import LOADERS, PEERS, cases_of  # noqa: E402
from feed_page import MADE  # noqa: E402
from journal import Journal  # noqa: E402
from measure import measure  # noqa: E402
from records import RESULTS, make_record, merge_records  # noqa: E402
from rows import HEADRACE, Rows  # noqa: E402

STATES = ("warm", "cold")
RESUMES = "resume"
STARTED = time.monotonic()


class CaseError(Exception):
    """A command that failed, or did not do all of its work."""


def run_command(command, env, log):
    measured = measure(command, log, env, syncs=False)
    if measured.exit_code != 0:
        raise CaseError(f"{' '.join(map(str, command))} failed:\n{measured.stdout[-1000:]}\n{measured.stderr[-3000:]}")
    return measured


def told_by(measured):
    return json.loads(measured.stdout.splitlines()[-1])


def check(case, rows, out):
    """Whether an untimed pass delivered every row once and unchanged; with the quality of the order."""
    order = out / "order.npy"
    told = told_by(run_command([*case.command, "--order", order], case.env, out / "log"))
    command = [sys.executable, HERE / "quality.py", case.request, order]
    judged = json.loads(subprocess.run(list(map(str, command)), capture_output=True, check=True).stdout)
    order.unlink()
    expected = rows.digests(case.rows)
    wrong = [name for name in expected if told["digests"].get(name) != expected[name]]
    equal = told["rows"] == case.rows and not wrong and judged["complete"]
    if not equal:
        complete = "each once" if judged["complete"] else "not each once"
        print(f"DIFFERENT {case.name}: {told['rows']} rows of {case.rows}, {complete}; columns {wrong}", flush=True)
    return {"equal": equal, "quality": judged["quality"]}


def run_case(case, state, out):
    note = ""
    if state == "cold":
        note = drop_from_cache(case.files)
    else:
        read_once(case.files)
    measured = run_command(case.command, case.env, out / "log")
    told = told_by(measured)
    if told["rows"] != case.rows:
        raise CaseError(f"{case.name}: {told['rows']} rows instead of {case.rows}")
    size = sum(file.stat().st_size for file in case.files)
    load = os.getloadavg()[0]
    return told | {"peak_bytes": measured.peak_bytes, "note": note, "bytes": size, "load": load}


def resume(case, out):
    """A feed is stopped in the middle by the end of its process; another process goes on with the next batch."""
    state = out / "state.json"
    after = case.rows // case.batch // 2
    saved = told_by(run_command([*case.command, "--save", state, after], case.env, out / "log"))
    measured = run_command([*case.command, "--resume", state], case.env, out / "log")
    told = told_by(measured)
    if told["digest"] != saved["digest"]:
        raise CaseError(f"{case.name}: another batch than the next one came after resuming")
    return told | {"peak_bytes": measured.peak_bytes, "bytes": state.stat().st_size, "note": f"after {after} batches"}


class Comparison:
    """The rounds of all cases, and the journal of what they gave."""

    def __init__(self, arguments, rows, journal):
        self.arguments, self.rows, self.journal, self.failed = arguments, rows, journal, []

    def is_over(self):
        return time.monotonic() - STARTED > self.arguments.minutes * 60

    def run_round(self, cases, number):
        for state in (*self.arguments.states, RESUMES):
            for case in cases:
                if state == RESUMES and case.system != "headrace":
                    continue
                if self.arguments.only in f"{state} {case.name}" and not self.is_over():
                    self.run_one(case, state, number)

    def run_one(self, case, state, number):
        """A case that fails is told and left out."""
        key, check_key, out = f"{state} {case.name} #{number}", f"check {case.name}", self.arguments.out
        if self.journal.has(key):
            return
        try:
            if not self.journal.has(check_key):
                self.journal.add(check_key, check(case, self.rows, out))
            result = resume(case, out) if state == RESUMES else run_case(case, state, out)
        except CaseError as error:
            print(f"FAILED {key}: {error}", flush=True)
            self.failed.append(key)
            return
        self.journal.add(key, result)
        elapsed, seconds = time.monotonic() - STARTED, result["seconds"]
        rate = result["rows"] / seconds / 1e6
        print(f"{elapsed:7.0f} s  {key:<50}{seconds:9.3f} s {rate:9.3f} M rows/s", flush=True)


def records_of(journal, arguments):
    """For every case a record of the epoch and one of its first batch; of resuming, one."""
    results = {}
    for key, result in journal.items():
        if not key.startswith("check "):
            results.setdefault(key.rsplit(" #", 1)[0], []).append(result)
    records = []
    for name, members in results.items():
        state, system, batch = name.split(" ")
        last, checked = members[-1], journal.get(f"check {system} {batch}")
        common = {
            "benchmark": "feed",
            "variant": f"batch-{batch}",
            "system": system,
            "version": last["version"],
            "scale": arguments.sf,
            "threads": 2,
            "bytes": last["bytes"],
            "peak_bytes": max(member["peak_bytes"] for member in members),
            "checked": checked["equal"],
            "note": last["note"],
            "quality": checked["quality"],
            "import_bytes": max(member["baseline_bytes"] for member in members),
        }
        task = state if state == RESUMES else f"epoch_{state}"
        seconds = [member["seconds"] for member in members]
        records.append(make_record(seconds, task=task, rows=last["rows"], **common))
        if state != RESUMES:
            seconds = [member["first_batch_seconds"] for member in members]
            records.append(
                make_record(seconds, task=f"first_batch_{state}", rows=min(int(batch), last["rows"]), **common)
            )
    return records


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sf", default="0.01", help="the scale of the ads tables: 0.3")
    parser.add_argument("--data", type=Path, help="default: build/bench/ads-SF")
    parser.add_argument("--rows", type=int, default=100_000, help="the first so many encoded rows")
    parser.add_argument("--out", type=Path, help="default: build/bench/feed-SF-ROWS, which is left there")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="begin nothing after so many; what there is goes to the records"
    )
    parser.add_argument("--states", type=lambda text: text.split(","), default=STATES)
    parser.add_argument("--systems", type=lambda text: text.split(","), default=LOADERS)
    parser.add_argument("--only", default="", help='only cases whose name has this in it, such as "warm headrace 4096"')
    parser.add_argument("--memory", default="8GiB", help="the budget of headrace for making the rows")
    parser.add_argument("--results", type=Path, default=RESULTS / "feed.json")
    parser.add_argument("--no-page", action="store_true", help="leave docs/feed-benchmark.md as it is")
    arguments = parser.parse_args()
    arguments.data = (arguments.data or ROOT / f"build/bench/ads-{arguments.sf}").resolve()
    arguments.out = (arguments.out or ROOT / f"build/bench/feed-{arguments.sf}-{arguments.rows}").resolve()
    if not arguments.data.is_dir():
        sys.exit(f"no data in {arguments.data}: make bench-data SF={arguments.sf}")
    return arguments


def inputs_of_journal():
    scripts = [path for folder in (HERE, PEERS) for path in folder.glob("*.py") if path.name != "feed_page.py"]
    package = next(Path(sys.prefix).glob("lib/python*/site-packages")) / "headrace"
    return [HEADRACE, *package.glob("_core*"), *package.glob("*.py"), *scripts, ROOT / "bench/ads/pipeline.yaml"]


def main():
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = Rows(arguments)
    rows.prepare()
    comparison = Comparison(arguments, rows, Journal(arguments.out / "measurements.jsonl", inputs_of_journal()))
    cases = list(cases_of(rows, arguments.out, arguments.systems))
    for number in range(1, arguments.runs + 1):
        comparison.run_round(cases, number)
    journal = comparison.journal
    records = merge_records(arguments.results, records_of(journal, arguments))
    if not arguments.no_page:
        MADE.write(records)
    journal.exit_unless_proved(comparison.failed)


if __name__ == "__main__":
    main()
