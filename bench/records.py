"""The records that every benchmark of the project writes to bench/results: a JSON list of objects with KEYS.

`variant` is what else separates two records ("local[2]", "memory-512MiB" or ""), `seconds` the median of `seconds_all`,
`rows` and `bytes` what was written, `peak_bytes` the most memory that the processes held, and `checked` says that the
results were proved equal. `scale` is a string such as "0.1". What else a reader of a record has to know may stand in a
`note`. Loaders of training data have the `quality` of their order (bench/feed/quality.py) and `import_bytes`, the
memory that their process held before the loader was made. Engines have the seconds of their `stages`, medians too, and
the `operators` that ran, by name.
"""

import json
import os
import platform
import statistics
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"
IDENTITY = ("benchmark", "task", "variant", "system", "scale", "threads")
KEYS = (
    "benchmark", "task", "variant", "system", "version", "scale", "threads", "seconds", "seconds_all", "rows", "bytes",
    "peak_bytes", "checked", "machine", "date",
)  # fmt: skip
OPTIONAL_KEYS = ("note", "quality", "import_bytes", "stages", "operators")


def machine():
    """The processor, its cores and the memory of this machine, on one line."""
    names = [
        line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {names[0] if names else platform.machine()}, {memory:.0f} GiB, {platform.system()}"


def make_record(seconds_all, **values):
    """A record of today on this machine; `values` are the keys that are not computed here."""
    record = values | {
        "seconds": statistics.median(seconds_all),
        "seconds_all": seconds_all,
        "machine": machine(),
        "date": datetime.now(UTC).date().isoformat(),
    }
    if record.keys() - set(OPTIONAL_KEYS) != set(KEYS):
        raise KeyError(f"a record has other keys than KEYS: {sorted(record.keys() ^ set(KEYS))}")
    return {key: record[key] for key in (*KEYS, *OPTIONAL_KEYS) if key in record}


def read_records(file):
    return json.loads(file.read_text()) if file.is_file() else []


def merge_records(file, new):
    """Puts records into a file in the place of those of the same identity; the others stay. Returns all of them."""

    def identity(record):
        return tuple(str(record[key]) for key in IDENTITY)

    merged = {identity(record): record for record in (*read_records(file), *new)}
    records = [merged[key] for key in sorted(merged)]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(records, indent=1) + "\n")
    return records
