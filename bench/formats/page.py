"""Makes the tables of docs/formats/comparison.md, and the plot beside the records, of bench/results/formats.json.

    bench/formats/page.py           writes both again
    bench/formats/page.py --check   fails if they are not what the records say; `make docs-check` does the same

The page's own words stand between the tables; each of these is between comments that name it. Standard library only.
"""

import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH)]

from made_page import MadePage  # noqa: E402
from plot import COLORS, svg_of_groups  # noqa: E402
from records import RESULTS  # noqa: E402

PAGE = BENCH.parent / "docs/formats/comparison.md"
RECORDS = RESULTS / "formats.json"
FEW_COLUMNS = ["clicked", "bid", "price_bucket", "country", "url"]
VARIANTS = {
    "tfrecord": "TFRecord",
    "tfrecord-gzip": "TFRecord, gzip",
    "parquet": "Parquet, uncompressed",
    "parquet-snappy": "Parquet, snappy",
    "parquet-zstd": "Parquet, zstd",
    "mds": "MDS",
    "arrow": "Arrow IPC",
}
SYSTEMS = {
    "headrace": "Headrace",
    "tensorflow": "TensorFlow",
    "tfx_bsl": "tfx_bsl",
    "petastorm": "Petastorm",
    "mosaicml-streaming": "MosaicML Streaming",
    "pyarrow": "pyarrow",
}
READ_TASKS = ("read_cold", "read_warm", "read_cold_5_columns", "read_warm_5_columns")


class Figures:
    """The records of the comparison at the largest number of rows, by task, variant and system."""

    def __init__(self, records):
        records = [record for record in records if record["benchmark"] == "formats"]
        self.rows = max((record["rows"] for record in records if record["task"] == "convert"), default=0)
        scales = {record["scale"] for record in records if record["task"] == "convert" and record["rows"] == self.rows}
        self.records = [record for record in records if record["scale"] in scales]
        self.by_key = {(record["task"], record["variant"], record["system"]): record for record in self.records}

    def get(self, task, variant, system="headrace"):
        return self.by_key.get((task, variant, system))

    def others(self, variant, tasks):
        """The other systems that did one of the tasks in a format, in the order of SYSTEMS."""
        done = {system for task, of, system in self.by_key if of == variant and task in tasks}
        return [system for system in SYSTEMS if system in done and system != "headrace"]

    def bytes_per_row(self, variant):
        record = self.get("convert", variant)
        return record["bytes"] / record["rows"] if record else None


def rate_of(record):
    """Rows a second; None where there is no record that counts."""
    return record["rows"] / record["seconds"] if record and record["checked"] else None


def text_of(rate):
    """Millions of rows a second, three digits."""
    return f"{float(f'{rate / 1e6:.3g}'):.6g}" if rate else "–"


def table(head, rows):
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines) + "\n"


# --- the tables -------------------------------------------------------------------------------------------------------


def size_table(figures):
    least = min(filter(None, map(figures.bytes_per_row, VARIANTS)), default=0)
    rows = []
    for variant, name in VARIANTS.items():
        if size := figures.bytes_per_row(variant):
            whole = figures.get("convert", variant)
            rows.append([name, f"{size:.1f}", f"{size / least:.1f}", f"{whole['bytes'] / 1e9:.2f}"])
    return table(["format", "bytes a row", "times the smallest", "GB in all"], rows)


def write_table(figures):
    rows = []
    for variant, name in VARIANTS.items():
        convert = figures.get("convert", variant)
        if convert is None:
            continue
        others = [
            f"{SYSTEMS[system]} {text_of(rate_of(figures.get('write', variant, system)))}"
            for system in figures.others(variant, ("write",))
        ]
        write = rate_of(figures.get("write", variant))
        rows.append(
            [name, text_of(write), "<br>".join(others) or "–", f"{convert['seconds']:.1f}", text_of(rate_of(convert))]
        )
    head = ["format", "Headrace, M rows/s", "others, M rows/s", "convert, seconds", "convert, M rows/s"]
    return table(head, rows)


def read_table(figures, suffix=""):
    rows = []
    for variant, name in VARIANTS.items():
        own = {state: rate_of(figures.get(f"read_{state}{suffix}", variant)) for state in ("cold", "warm")}
        if not any(own.values()):
            continue
        systems = figures.others(variant, (f"read_cold{suffix}", f"read_warm{suffix}"))
        for i, system in enumerate(["headrace", *systems]):
            cold, warm = (rate_of(figures.get(f"read_{state}{suffix}", variant, system)) for state in ("cold", "warm"))
            ratio = f"{own['warm'] / warm:.1f} ×" if warm and own["warm"] and i else "–"
            rows.append([name if i == 0 else "", SYSTEMS[system], text_of(cold), text_of(warm), ratio])
    return table(["format", "reader", "cold, M rows/s", "warm, M rows/s", "Headrace, warm, is faster by"], rows)


def few_table(figures):
    return read_table(figures, "_5_columns")


def gain_table(figures):
    """What reading 5 columns gains over reading all, in time."""
    rows = []
    for variant, name in VARIANTS.items():
        for system in ["headrace", *figures.others(variant, READ_TASKS)]:
            all_of, few = (rate_of(figures.get(f"read_warm{suffix}", variant, system)) for suffix in ("", "_5_columns"))
            if all_of and few:
                rows.append([name, SYSTEMS[system], f"{few / all_of:.1f} ×"])
    return table(["format", "reader", "5 columns instead of all, warm"], rows)


def memory_table(figures):
    rows = []
    for variant, name in VARIANTS.items():
        cells = []
        for tasks in (("convert",), ("write",), ("read_warm", "read_cold")):
            peaks = []
            for system in ["headrace", *figures.others(variant, tasks)]:
                found = [r for r in (figures.get(task, variant, system) for task in tasks) if r]
                if found:
                    peaks.append(f"{SYSTEMS[system]} {max(r['peak_bytes'] for r in found) / 2**20:,.0f}")
            cells.append("<br>".join(peaks) or "–")
        if any(cell != "–" for cell in cells):
            rows.append([name, *cells])
    return table(["format", "convert, MiB", "write from memory, MiB", "read all columns, MiB"], rows)


def setup_table(figures):
    def several(values):
        return "; ".join(sorted(set(values))) or "–"

    rows = [["rows", f"{figures.rows:,}"]]
    for key, name in (("machine", "machine"), ("date", "date"), ("scale", "scale of the ads tables")):
        rows.append([name, several(record[key] for record in figures.records)])
    for system, name in SYSTEMS.items():
        records = [record for record in figures.records if record["system"] == system]
        if records:
            fewer = sorted(
                {(r["task"].split("_")[0], r["rows"]) for r in records if r["rows"] < figures.rows}
            )  # fmt: skip
            counts = "".join(f"; {task}s {count:,} rows" for task, count in fewer)
            rows.append([name, several(record["version"] for record in records) + counts])
    notes = several(record["note"] for record in figures.records if record.get("note"))
    rows.append(["cold", notes])
    runs = sorted({len(record["seconds_all"]) for record in figures.records})
    rows.append(["runs, of which the median counts", ", ".join(map(str, runs))])
    unchecked = several(
        f"{r['task']} {r['variant']} {r['system']}" for r in figures.records if not r["checked"]
    )  # fmt: skip
    rows.append(["left out, since not proved equal", unchecked])
    return table(["what", "value"], rows)


TABLES = {
    "setup": setup_table,
    "size": size_table,
    "write": write_table,
    "read": read_table,
    "few": few_table,
    "gain": gain_table,
    "memory": memory_table,
}


# --- page and plot ----------------------------------------------------------------------------------------------------


def render_plot(records):
    figures = Figures(records)

    def bars(task):
        """Bars of a task, the formats in their order."""
        for variant, name in VARIANTS.items():
            for system in ["headrace", *figures.others(variant, (task,))]:
                record = figures.get(task, variant, system)
                if rate := rate_of(record):
                    yield f"{name}: {SYSTEMS[system]}", rate, f"{text_of(rate)} M", COLORS.get(system, "#b0b7bc")

    sizes = [
        (name, size, f"{size:.1f}", COLORS["headrace"])
        for variant, name in VARIANTS.items()
        if (size := figures.bytes_per_row(variant))
    ]
    groups = [("bytes a row", sizes), ("rows/s written from memory", [*bars("write")])]
    groups += [
        ("rows/s read warm, all columns", [*bars("read_warm")]),
        ("rows/s read cold, all columns", [*bars("read_cold")]),
        ("rows/s read warm, 5 columns", [*bars("read_warm_5_columns")]),
        ("rows/s read cold, 5 columns", [*bars("read_cold_5_columns")]),
    ]
    return svg_of_groups(f"Formats of training rows, {figures.rows:,} encoded rows of the ads job", groups)


MADE = MadePage(PAGE, RECORDS, "bench/formats/page.py", Figures, TABLES, render_plot)

if __name__ == "__main__":
    MADE.main(sys.argv[1:])
