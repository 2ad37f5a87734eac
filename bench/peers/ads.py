"""What the peers' programs share: their command line, and the parts of pipeline.yaml that are numbers.

Every peer does the job in the same stages, each in its own way:

    dimensions   clicks, conversions, users with their visits, weather: reduced to the columns that are used
    spool        one row a training impression, joined with what needs a join per row; strings are hashed on the way in
    statistics   of single rows from the spool; of users, items and campaigns weighted by how often the spool has them
    tables       of users, items and campaigns with every attribute encoded once
    output       the spool joined with those tables, written as Parquet
"""

import argparse
import json
import time
from pathlib import Path

EPOCH_DAY = 86_400  # seconds
T0 = "2026-01-11 00:00:00"
T0_MICROSECONDS = 1_768_089_600_000_000
BOT_VISITS = 300

# name: (min_count, oov_buckets). Ids: 0 padding, 1 null, 2 ... the oov buckets, then the words.
VOCABULARIES = {
    "device": (1, 1),
    "gender": (1, 1),
    "country": (10, 4),
    "category": (1, 1),
    "brand": (5, 16),
    "advertiser": (5, 16),
    "interests": (1, 1),
}
# name: number of parts
QUANTILES = {"bid_bucket": 32, "price_bucket": 16, "hours_since_visit": 16, "item_ctr": 16}
BUCKETS = {
    "user_agent": 1000,
    "url": 100_000,
    "device_category": 1000,
    "country_category": 10_000,
    "title_words": 5000,
}
TITLE_WORDS = 8


# What the methods of a job are called, in the order in which they run; not every job has all.
STAGES = ("sources", "dimensions", "history_and_items", "spool", "fit", "encode_tables")


def run_stages(job, path):
    """Does the job, its output to `path`, and prints the seconds of each stage on a line of JSON."""
    seconds, started = {}, time.perf_counter()
    for name in (*STAGES, "output"):
        if not hasattr(job, name):
            continue
        getattr(job, name)(*([path] if name == "output" else []))
        seconds[name] = time.perf_counter() - started - sum(seconds.values())
    print(f"stage_seconds {json.dumps(seconds)}", flush=True)


def parse_arguments(description, add_more=lambda parser: None):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="folder of the eight tables")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="20GiB", help="limit that is given to the engine, where it takes one")
    parser.add_argument("--task", choices=["job_parquet"], default="job_parquet")
    add_more(parser)
    parsed = parser.parse_args()
    parsed.out.mkdir(parents=True, exist_ok=True)
    return parsed


def memory_bytes(text):
    """The bytes of "512MiB" or "20GiB"."""
    return int(text[:-3]) << {"KiB": 10, "MiB": 20, "GiB": 30}[text[-3:]]


def first_word_id(vocabulary):
    return 2 + VOCABULARIES[vocabulary][1]


def bucket_sql(value, boundaries):
    """SQL of an interval id: 1 for null, else 2 + how many of the ascending boundaries are at most the value; found by
    halving, so that a row meets few comparisons."""

    def between(low, high):
        if low == high:
            return str(2 + low)
        middle = (low + high) // 2
        return (
            f"case when {value} < cast({boundaries[middle]!r} as double) then {between(low, middle)}"
            f" else {between(middle + 1, high)} end"
        )

    return f"cast(case when {value} is null then 1 else {between(0, len(boundaries))} end as bigint)"


def standardized_sql(value, mean, deviation):
    """SQL of a standardized value as float32; a column of equal values is divided by 1."""
    return f"cast(({value} - cast({mean!r} as double)) / cast({deviation or 1.0!r} as double) as float)"
