"""Makes docs/benchmark.md, docs/benchmark-report.html and the plot beside the records, of bench/results/engines.json.

    bench/engines/engines_page.py           writes them again
    bench/engines/engines_page.py --check   fails if they are not what the records say; `make docs-check` does the same

Prices are those of prices.toml; what comes after the data set is of feed.json and formats.json. Standard library only.
"""

import statistics
import sys
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
HERE = BENCH / "engines"
sys.path[:0] = [str(BENCH), str(BENCH / "formats"), str(BENCH / "feed"), str(HERE)]

import feed_page  # noqa: E402
import page as formats_page  # noqa: E402
from feed_page import several  # noqa: E402
from html_page import html_of  # noqa: E402
from made_page import MadePage  # noqa: E402
from page import rate_of, table  # noqa: E402
from plot import COLORS, svg_of_groups  # noqa: E402
from price import Place, Prices  # noqa: E402
from records import RESULTS, read_records  # noqa: E402

PAGE = BENCH.parent / "docs/benchmark.md"
REPORT = BENCH.parent / "docs/benchmark-report.html"
RECORDS = RESULTS / "engines.json"
JOB = "job_parquet"
BASE = "pyspark"
NAMES = {
    "headrace": "Headrace",
    "headrace-spark": "Headrace on Spark",
    "pyspark": "Spark, DataFrames",
    "pyspark35": "Spark 3.5, DataFrames",
    "comet": "Spark 3.5 + Comet",
    "duckdb": "DuckDB",
    "polars": "Polars",
}
STAGES = {
    "start": "session",
    "join": "read, join, aggregate",
    "fit": "fit",
    "encode": "encode tables",
    "write": "encode rows, write",
}
TRANSITIONS = ("ColumnarToRow", "RowToColumnar", "CometColumnarToRow", "CometSpark")
ROWS_AT_SCALE_1 = 100_000_000
ROAD_ROWS = 100_000_000
# From the rows to tensors: the format of the data set, its conversion from Parquet, the loader.
LOADERS = (
    ("Parquet", None, "headrace"),
    ("Petastorm Parquet", None, "petastorm"),
    ("TFRecord", "tfrecord", "tfdata-example"),
)


def name_of(record):
    variant = "" if record["variant"] == "process" else f", {record['variant']}"
    return NAMES[record["system"]] + variant


@dataclass(frozen=True)
class Step:
    """A part of the road to tensors, for ROAD_ROWS rows."""

    name: str
    seconds: float


class Figures:
    """The records of all scales, the prices, and the records of the comparisons of formats and of loaders."""

    def __init__(self, records, prices=None, feed=None, formats=None):
        self.records = [record for record in records if record["benchmark"] == "engines"]
        self.prices = Prices() if prices is None else prices
        self.feed = feed_page.Figures(read_records(feed_page.RECORDS) if feed is None else feed)
        self.formats = formats_page.Figures(read_records(formats_page.RECORDS) if formats is None else formats)

    def scales(self):
        return sorted({record["scale"] for record in self.records}, key=float)

    def jobs(self, scale, task=JOB):
        """The records that count, the fastest first."""
        found = [r for r in self.records if r["scale"] == scale and r["task"] == task and r["checked"]]
        return sorted(found, key=lambda record: record["seconds"])

    def get(self, scale, system, task=JOB):
        """The fastest variant of a system; None if there is none that counts."""
        return next((record for record in self.jobs(scale, task) if record["system"] == system), None)

    def base(self, scale):
        return self.get(scale, BASE)

    def largest(self, system):
        """The record of a system at the largest scale."""
        found = [record for scale in self.scales() if (record := self.get(scale, system))]
        return found[-1] if found else None

    def modelled(self):
        """The models, the record that each is made of, and seconds for 100 M input rows."""
        for model in self.prices.models:
            if record := self.largest(model.system):
                seconds = model.seconds(record["seconds"] / float(record["scale"]), record["threads"])
                yield model, record, seconds

    def roads(self):
        """Engine, format, loader and the steps of each road that was measured whole."""
        for system in (BASE, "headrace-spark", "headrace"):
            job = self.largest(system)
            for form, conversion, loader in LOADERS:
                epoch = rate_of(self.feed.get("epoch_warm", feed_page.VARIANTS[0], loader))
                convert = rate_of(self.formats.get("convert", conversion)) if conversion else None
                if job is None or epoch is None or (conversion and convert is None):
                    continue
                steps = [Step("raw files to data set", ROAD_ROWS / job["rows"] * job["seconds"])]
                direct = self.get(job["scale"], system, f"job_{conversion}") if conversion else None
                if direct:
                    steps = [Step("raw files to data set", ROAD_ROWS / direct["rows"] * direct["seconds"])]
                elif conversion:
                    steps.append(Step("headrace convert", ROAD_ROWS / convert))
                steps.append(Step("an epoch to tensors", ROAD_ROWS / epoch))
                yield name_of(job), form, feed_page.SYSTEMS[loader], steps


def dollars(value):
    """A price with three digits that count."""
    return f"${value:,.2f}" if value >= 100 else f"${float(f'{value:.3g}'):.10f}".rstrip("0").rstrip(".")


def seconds_text(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def times(value):
    return f"{value:.3g} ×"


@dataclass(frozen=True)
class Cost:
    """A cell that the HTML page computes again when somebody changes a price."""

    place: Place
    seconds: float

    def __str__(self):
        return dollars(self.place.cost(self.seconds))


@dataclass(frozen=True)
class CostRatio:
    """The price of the base divided by that of a run."""

    base: Cost
    cost: Cost

    def __str__(self):
        return times(self.base.place.cost(self.base.seconds) / self.cost.place.cost(self.cost.seconds))


# --- the tables: a head and rows --------------------------------------------------------------------------------------


def setup_rows(figures):
    records = figures.records
    rows = [
        [name, several(record[key] for record in records)] for key, name in (("machine", "machine"), ("date", "date"))
    ]
    for system, name in NAMES.items():
        versions = [record["version"] for record in records if record["system"] == system]
        rows += [[name, several(versions)]] if versions else []
    for others, what in ((figures.formats, "converted"), (figures.feed, "loaded")):
        rows.append([f"machine that {what}", several(record["machine"] for record in others.records)])
    rows.append(["cores", several(str(record["threads"]) for record in records)])
    for scale in figures.scales():
        runs = sorted({len(record["seconds_all"]) for record in records if record["scale"] == scale})
        rows.append([f"runs at SF {scale}, of which the median counts", ", ".join(map(str, runs))])
    unchecked = several(f"{name_of(r)}, {r['task']}, SF {r['scale']}" for r in records if not r["checked"])
    rows.append(["left out, since not proved equal", unchecked])
    return ["what", "value"], rows


def time_rows(figures):
    rows = []
    for scale in figures.scales():
        base = figures.base(scale)
        for record in figures.jobs(scale):
            spread = "–"
            if len(record["seconds_all"]) > 1:
                spread = f"{seconds_text(min(record['seconds_all']))} to {seconds_text(max(record['seconds_all']))}"
            rate = float(scale) * ROWS_AT_SCALE_1 / record["seconds"] / 1e6
            rows.append([
                scale, name_of(record), seconds_text(record["seconds"]), spread,
                times(base["seconds"] / record["seconds"]) if base else "–", f"{rate:.3g}",
                f"{record['peak_bytes'] / 2**20:,.0f}", f"{record['bytes'] / record['rows']:.1f}",
            ])  # fmt: skip
    head = ["SF", "engine", "seconds", "least to most", "faster than Spark by", "M input rows/s", "peak memory, MiB"]
    return [*head, "bytes a row written"], rows


def stage_rows(figures):
    rows = []
    for scale in figures.scales():
        for record in figures.jobs(scale):
            stages = record["stages"]
            cells = [seconds_text(stages[stage]) if stage in stages else "–" for stage in STAGES]
            rest = statistics.median(record["seconds_all"]) - sum(stages.values())
            rows.append([scale, name_of(record), *cells, seconds_text(max(0, rest))])
    return ["SF", "engine", *STAGES.values(), "start and end of the process, sync"], rows


def operator_rows(figures):
    """Which operators Comet took; moving columns to rows and back is no work of either."""
    rows = []
    for record in figures.records:
        counted = {
            name.strip(): count
            for name, count in record.get("operators", {}).items()
            if not name.startswith(TRANSITIONS)
        }
        if not counted:
            continue
        own = {name: count for name, count in counted.items() if name.startswith("Comet")}
        others = {name: count for name, count in counted.items() if name not in own}
        share = sum(own.values()) / sum(counted.values())
        rows.append([record["scale"], f"{sum(own.values())} of {sum(counted.values())}, {share:.0%}"])
        rows[-1] += [", ".join(f"{name} {count}" for name, count in sorted(part.items())) for part in (own, others)]
    return ["SF", "operators in Comet", "which", "in Spark"], rows


def price_rows(figures):
    rows, place = [], figures.prices.machine
    for scale in figures.scales():
        base = figures.base(scale)
        for record in figures.jobs(scale):
            seconds = record["seconds"]
            cost = Cost(place, seconds)
            ratios = ["–", "–"]
            if base:
                ratios = [times(base["seconds"] / seconds), CostRatio(Cost(place, base["seconds"]), cost)]
            rows.append(
                [scale, name_of(record), seconds_text(seconds), cost, Cost(place, seconds / float(scale)), *ratios]
            )
    head = ["SF", "engine", "seconds", "a run", "100 M input rows", "faster than Spark by"]
    return [*head, "cheaper than Spark by"], rows


def modelled_rows(figures):
    """The base is the first model, if its system was measured."""
    models, rows = list(figures.modelled()), []
    base = next(((m, seconds) for m, _, seconds in models if m is figures.prices.models[0]), None)
    for model, record, seconds in models:
        cost, ratios = Cost(model.place, seconds), ["–", "–"]
        if base:
            ratios = [times(base[1] / seconds), CostRatio(Cost(base[0].place, base[1]), cost)]
        made_of = f"{name_of(record)}, SF {record['scale']}"
        rows.append([f"{model.engine}, modelled", model.place.name, made_of, model.assumption()])
        rows[-1] += [seconds_text(seconds), cost, *ratios]
    head = ["engine", "where", "made of", "assumed", "seconds for 100 M input rows", "cost"]
    return [*head, "faster than Spark base by", "cheaper than Spark base by"], rows


def published_rows(figures):
    rows = [
        [
            f"{entry['engine']}, published",
            entry["what"],
            entry["speedup"].replace(" x", " ×") or "–",
            entry["cost"] or "–",
        ]
        + [entry["by"]]
        for entry in figures.prices.published
    ]
    return ["engine", "job, machines", "faster than Spark by", "cost", "who says so"], rows


def places_rows(figures):
    rows = [
        [place.name, f"{place.dbu_per_hour:g}", f"{place.dollars_per_dbu:g}", f"{place.machine_dollars_per_hour:g}"]
        + [dollars(place.dollars_per_hour())]
        for place in figures.prices.places.values()
    ]
    return ["where", "DBU an hour", "$ a DBU", "machines, $ an hour", "an hour"], rows


def road_rows(figures):
    rows, place = [], figures.prices.machine
    for engine, form, loader, steps in figures.roads():
        total = sum(step.seconds for step in steps)
        parts = {step.name: seconds_text(step.seconds) for step in steps}
        names = ("raw files to data set", "headrace convert", "an epoch to tensors")
        costs = [Cost(place, steps[0].seconds), Cost(place, steps[-1].seconds), Cost(place, total)]
        rows.append([engine, form, loader, *(parts.get(name, "–") for name in names), seconds_text(total), *costs])
    head = ["engine", "data set", "loader", "raw files to data set, s", "headrace convert, s", "an epoch to tensors, s"]
    return [*head, "together, s", "the data set", "an epoch", "together"], rows


ROWS = {
    "setup": setup_rows,
    "time": time_rows,
    "stages": stage_rows,
    "operators": operator_rows,
    "price": price_rows,
    "places": places_rows,
    "modelled": modelled_rows,
    "published": published_rows,
    "road": road_rows,
}


def table_of(rows_of):
    return lambda figures: table(*rows_of(figures))


TABLES = {name: table_of(rows_of) for name, rows_of in ROWS.items()}


# --- pages and plots --------------------------------------------------------------------------------------------------


def plot_groups(figures):
    """Groups of bars: time, cost and memory by engine, at each scale; then the road."""
    machine = figures.prices.machine
    for scale in figures.scales():
        jobs = figures.jobs(scale)

        def bars(value_of, text_of, jobs=jobs):
            return [
                (name_of(r), value_of(r), text_of(value_of(r)), COLORS.get(r["system"].partition("-")[0], "#b0b7bc"))
                for r in jobs
            ]

        head = f"SF {scale}, measured:"
        yield f"{head} preprocessing time by engine, s", bars(lambda r: r["seconds"], seconds_text)
        yield f"{head} price of a run by engine", bars(lambda r: machine.cost(r["seconds"]), dollars)
        yield f"{head} peak memory by engine, GiB", bars(lambda r: r["peak_bytes"] / 2**30, lambda v: f"{v:.2f}")
    models = [
        (f"{model.engine}, modelled", seconds, f"{seconds_text(seconds)} s", "#d9c8a0")
        for model, _, seconds in figures.modelled()
    ]
    yield "modelled, not measured: 100 M input rows on clusters, s", models
    roads = [
        (
            f"{engine}, {form}",
            total,
            f"{seconds_text(total)} s",
            COLORS["headrace"] if "Headrace" in engine else "#b0b7bc",
        )
        for engine, form, _, steps in figures.roads()
        for total in [sum(step.seconds for step in steps)]
    ]
    yield "raw files to tensors, 100 M training rows, s", roads


def render_plot(records, figures=None):
    figures = figures or Figures(records)
    groups = [(title, rows) for title, rows in plot_groups(figures) if rows]
    return svg_of_groups("The ads job, eight raw tables to training rows", groups)


def render_report(records, figures=None):
    figures = figures or Figures(records)
    tables = {name: rows_of(figures) for name, rows_of in ROWS.items()}
    return html_of(tables, render_plot(records, figures), figures.prices)


MADE = MadePage(
    PAGE, RECORDS, "bench/engines/engines_page.py", Figures, TABLES, render_plot, others={REPORT: render_report}
)

if __name__ == "__main__":
    MADE.main(sys.argv[1:])
