"""A pipeline of two sources that has a little of everything, and what a run of it must leave, whatever the engine."""

import json
import random
from pathlib import Path

import headrace as hr

PIPELINE = """
version: 1
name: small
sources:
  events:
    path: {folder}/events.csv
    on_error: quarantine
    schema: {{id: int64, user: int64, word: string, price: float64, at: timestamp}}
  users:
    path: {folder}/users.parquet
tables:
  activity:
    from: events
    steps:
      - group_by: {{keys: user, aggregates: {{events: count(), words: count_distinct(word), last: max(at)}}}}
  rows:
    from: events
    steps:
      - filter: id % 10 <> 3
      - join: {{right: users, on: user, how: left, validate: m:1}}
      - join: {{right: activity, on: user, how: left, validate: m:1}}
      - with_columns: {{hours: "(unix_seconds(last) - unix_seconds(at)) div 3600", town: "coalesce(town, 'none')"}}
contract:
  table: rows
  columns: {{id: {{nullable: false, min: {least}}}}}
features:
  - {{name: word, transforms: [{{vocabulary: {{min_count: 3, max_size: 40}}}}]}}
  - {{name: town, transforms: [{{vocabulary: {{oov_buckets: 2}}}}]}}
  - {{name: price, transforms: [{{fill: {{with: median}}}}, log1p, standardize]}}
  - {{name: bucket, from: price, transforms: [{{bucketize: {{quantiles: 7}}}}]}}
  - {{name: hours, transforms: [{{fill: {{value: 0}}}}, min_max]}}
  - {{name: pair, from: [word, town], transforms: [{{cross: {{buckets: 100}}}}]}}
  - {{name: events}}
  - {{name: id, role: key}}
split: {{hash: user, parts: {{train: 0.8, eval: 0.2}}}}
outputs:
  - {{path: {out}/parquet, format: parquet, petastorm: true, rows_per_shard: 2000}}
  - {{path: {out}/tfrecord, format: tfrecord, shards: 3}}
  - {{path: {out}/sorted, format: parquet, sort_by: [id], rows_per_shard: 3000}}
  - {{path: {out}/shuffled, format: parquet, shuffle: 11}}
  - {{path: {out}/partitioned, format: tfrecord, partition_by: [bucket], shuffle: 5}}
"""


_DATA_SETS = ("parquet", "tfrecord", "sorted", "shuffled", "partitioned", "quarantine")


def write_data(folder, rows=20_000):
    """The files of the sources, the same each time."""
    import pyarrow as pa  # noqa: PLC0415
    import pyarrow.parquet  # noqa: PLC0415

    numbers = random.Random(7)
    lines = ["id,user,word,price,at"]
    for i in range(rows):
        price = "" if i % 11 == 0 else "nonsense" if i % 1000 == 77 else f"{numbers.random() * 1000:.2f}"
        word = f"w{numbers.randrange(80) * numbers.randrange(3)}"
        lines.append(f"{i},{numbers.randrange(500)},{word},{price},2026-01-{1 + i % 28:02} {i % 24:02}:00:00")
    Path(folder, "events.csv").write_text("\n".join(lines) + "\n")
    users = {"user": list(range(0, 500, 2)), "town": [None if i % 7 == 0 else f"t{i % 13}" for i in range(0, 500, 2)]}
    pa.parquet.write_table(pa.table(users), Path(folder, "users.parquet"))


def pipeline(folder, out, least=0):
    """The pipeline over the files in `folder`, whose contract wants ids from `least` on."""
    file = Path(out, "pipeline.yaml")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PIPELINE.format(folder=folder, out=out, least=least))
    return hr.Pipeline.from_yaml(file)


def what_is_left(out, report):
    """What is the same on every engine, of a run into `out`."""

    def manifest(name):
        told = json.loads(Path(out, name, "manifest.json").read_text())
        rows = {part["name"]: sum(shard["rows"] for shard in part["shards"]) for part in told["parts"]}
        return told["row_digest"], told.get("fitted_state_digest"), rows, told["columns"]

    return {
        "state": Path(out, "state/state.json").read_text(),
        "data sets": {name: manifest(name) for name in _DATA_SETS},
        "row digest": report["row_digest"],
        "contract": report["contract"]["rows_checked"],
        "statistics": {side: (table["rows"], table["columns"]) for side, table in report["statistics"].items()},
        "bad rows": [source["quarantined_by_kind"] for source in report["sources"]],
        "hidden files": sorted(str(p.name) for p in Path(out).rglob(".*tmp*")),
    }
