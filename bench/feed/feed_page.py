"""Makes the tables of docs/feed-benchmark.md, and the plot beside the records, of bench/results/feed.json.

    bench/feed/feed_page.py           writes both again
    bench/feed/feed_page.py --check   fails if they are not what the records say; `make docs-check` does the same

Standard library only.
"""

import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(BENCH), str(BENCH / "formats")]

from made_page import MadePage  # noqa: E402
from page import rate_of, table, text_of  # noqa: E402
from plot import COLORS, svg_of_groups  # noqa: E402
from records import RESULTS  # noqa: E402

PAGE = BENCH.parent / "docs/feed-benchmark.md"
RECORDS = RESULTS / "feed.json"
SYSTEMS = {
    "headrace": "Headrace",
    "pyarrow-scan": "plain scan by pyarrow, unshuffled, no tensors",
    "pyarrow-loader": "our own best loader over pyarrow",
    "torch-dataloader": "DataLoader over pyarrow, no workers",
    "torch-dataloader-2-workers": "DataLoader over pyarrow, 2 workers",
    "petastorm": "Petastorm",
    "tfdata-pyarrow": "tf.data over pyarrow",
    "tfdata-example": "tf.data, parse_example of TFRecord",
    "mosaicml-streaming": "MosaicML Streaming, MDS",
    "grain": "Grain",
    "datasets": "Hugging Face datasets",
    "ray-data": "Ray Data",
}
# Written for this comparison, or not a loader at all.
OUR_OWN = ("headrace", "pyarrow-scan", "pyarrow-loader")
VARIANTS = ("batch-4096", "batch-65536")


class Figures:
    """The records of the comparison with the most rows, by task, variant and system."""

    def __init__(self, records):
        records = [record for record in records if record["benchmark"] == "feed"]
        self.rows = max((record["rows"] for record in records), default=0)
        scales = {record["scale"] for record in records if record["rows"] == self.rows}
        self.records = [record for record in records if record["scale"] in scales]
        self.by_key = {(record["task"], record["variant"], record["system"]): record for record in self.records}

    def get(self, task, variant, system="headrace"):
        return self.by_key.get((task, variant, system))

    def rate(self, task, variant, system="headrace"):
        return rate_of(self.get(task, variant, system))

    def systems(self):
        """Those that were measured, the fastest first."""
        found = [system for system in SYSTEMS if any(record["system"] == system for record in self.records)]
        return sorted(found, key=lambda system: -(self.rate("epoch_warm", VARIANTS[0], system) or 0))


def several(values):
    return "; ".join(sorted(set(values))) or "–"


# --- the tables -------------------------------------------------------------------------------------------------------


def setup_table(figures):
    rows = [["rows", f"{figures.rows:,}"]]
    for key, name in (("machine", "machine"), ("date", "date"), ("scale", "scale of the ads tables")):
        rows.append([name, several(record[key] for record in figures.records)])
    for system in figures.systems():
        records = [record for record in figures.records if record["system"] == system]
        count = max(record["rows"] for record in records)
        fewer = f"; {count:,} rows" if count < figures.rows else ""
        rows.append([SYSTEMS[system], several(record["version"] for record in records) + fewer])
    rows.append(["cold", several(record["note"] for record in figures.records if record["task"] == "epoch_cold")])
    runs = sorted({len(record["seconds_all"]) for record in figures.records})
    rows.append(["runs, of which the median counts", ", ".join(map(str, runs)) or "–"])
    unchecked = several(f"{r['system']} {r['variant']}" for r in figures.records if not r["checked"])
    rows.append(["left out, since not proved equal", unchecked])
    return table(["what", "value"], rows)


def rate_table(figures):
    rows = []
    for system in figures.systems():
        cells = [SYSTEMS[system]]
        for state in ("warm", "cold"):
            cells += [text_of(figures.rate(f"epoch_{state}", variant, system)) for variant in VARIANTS]
        own, other = (figures.rate("epoch_warm", VARIANTS[0], name) for name in ("headrace", system))
        cells.append(f"{own / other:.2f} ×" if own and other and system != "headrace" else "–")
        record = figures.get("epoch_warm", VARIANTS[0], system) or figures.get("epoch_cold", VARIANTS[0], system) or {}
        quality = record.get("quality")
        rows.append([*cells, f"{quality:.3f}" if quality is not None else "–", f"{record.get('rows', 0):,}"])
    head = ["loader", "warm, 4,096", "warm, 65,536", "cold, 4,096", "cold, 65,536"]
    return table([*head, "Headrace, warm, 4,096, is faster by", "quality", "rows"], rows)


def first_table(figures):
    rows = []
    for system in figures.systems():
        cells = [SYSTEMS[system]]
        for state in ("warm", "cold"):
            for variant in VARIANTS:
                record = figures.get(f"first_batch_{state}", variant, system)
                cells.append(f"{record['seconds']:.2f}" if record else "–")
        records = [record for record in figures.records if record["system"] == system]
        peak = max(record["peak_bytes"] for record in records)
        imports = max(record["import_bytes"] for record in records)
        rows.append([*cells, f"{peak / 2**20:,.0f}", f"{imports / 2**20:,.0f}"])
    head = ["loader", "warm, 4,096", "warm, 65,536", "cold, 4,096", "cold, 65,536"]
    return table([*head, "peak memory, MiB", "of it before the loader was made"], rows)


def resume_table(figures):
    rows = []
    for variant in VARIANTS:
        if record := figures.get("resume", variant):
            size = variant.removeprefix("batch-")
            rows.append([f"{int(size):,}", record["note"], f"{record['seconds']:.3f}", record["bytes"]])
    return table(["batch", "stopped", "seconds to the next batch, in a new process", "bytes of the state"], rows)


TABLES = {"setup": setup_table, "rate": rate_table, "first": first_table, "resume": resume_table}


# --- page and plot ----------------------------------------------------------------------------------------------------


def render_plot(records):
    figures = Figures(records)

    def bars(state, variant):
        for system in figures.systems():
            if rate := figures.rate(f"epoch_{state}", variant, system):
                yield SYSTEMS[system], rate, f"{text_of(rate)} M", COLORS.get(system, "#b0b7bc")

    groups = [
        (f"rows/s, {state}, batches of {int(variant.removeprefix('batch-')):,}", [*bars(state, variant)])
        for state in ("warm", "cold")
        for variant in VARIANTS
    ]
    return svg_of_groups(f"Loaders of shuffled batches, {figures.rows:,} encoded rows of the ads job", groups)


MADE = MadePage(PAGE, RECORDS, "bench/feed/feed_page.py", Figures, TABLES, render_plot)

if __name__ == "__main__":
    MADE.main(sys.argv[1:])
