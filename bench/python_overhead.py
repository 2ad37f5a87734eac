"""What running a pipeline from Python costs beside running it from the command line, on the flights job.

    .venv/bin/python bench/python_overhead.py [RUNS]

Both in turn, RUNS times (7), without statistics and progress; prints the medians of the wall time in seconds: of the
program as a whole, of Pipeline.run() within a process that has imported the package, of its import, and of a Python
process as a whole. `make build` comes first.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PIPELINE = ROOT / "examples/flights/pipeline.yaml"

PROGRAM = """
import json, sys, time
started = time.perf_counter()
import headrace as hr
imported = time.perf_counter()
hr.Pipeline.from_yaml(sys.argv[1], {"out": sys.argv[2]}).run(progress=False, statistics=False)
print(json.dumps([imported - started, time.perf_counter() - imported]))
"""


def timed(command: list[str]) -> tuple[float, str]:
    started = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return time.perf_counter() - started, done.stdout


def main(runs: int) -> None:
    seconds: dict[str, list[float]] = {"program": [], "run()": [], "import": [], "process": []}
    with tempfile.TemporaryDirectory() as folder:
        program = [str(ROOT / "build/headrace"), "run", str(PIPELINE), "--quiet", "--no-statistics"]
        program += ["--set", f"out={folder}/program"]
        for run in range(runs + 1):
            whole, _ = timed(program)
            process, printed = timed([sys.executable, "-c", PROGRAM, str(PIPELINE), f"{folder}/python"])
            imported, ran = json.loads(printed)
            if run == 0:
                continue  # the files come into memory
            for name, value in zip(seconds, (whole, ran, imported, process), strict=True):
                seconds[name].append(value)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    for name, value in medians.items():
        print(f"{name:<10} {value:7.3f} s")
    print(f"run() against the program: {100 * (medians['run()'] / medians['program'] - 1):+.1f} %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
