"""Proves that systems wrote the same rows and values for the ads job; exits with 1 and a line per difference if not.

    bench/check.py --data DIR REFERENCE OTHER [OTHER ...]

An output is a folder: a data set of Headrace (with a manifest) or Parquet files. Rows are paired by impression_id. What
has to hold:

    ids, integers, lists    equal
    floats                  within 1e-6, relative or absolute
    interval ids            equal; else the value is within 1e-9, relative, of a boundary; such rows are counted
    rare words              both in an oov bucket; which one is a hash
    hashed ids              every system has its own hash, so each output is compared with the raw tables: equal input,
                            equal id; null has the id 1 or, in crosses, a value of its own; distinct inputs spread over
                            the buckets as evenly as a random function spreads them (chi-squared, 6 deviations)
    hashed ids, Headrace's  equal to the definition in kernel/hash.h, computed with the Python package xxhash for the
                            inputs of the first rows of every range

Rows are compared range by range of impression_id, so memory does not grow with the scale. Each range of an output and
of the raw tables is read once.
"""

import argparse
import json
import math
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import xxhash

sys.path.insert(0, str(Path(__file__).resolve().parent / "peers"))
from ads import BUCKETS, QUANTILES, TITLE_WORDS, VOCABULARIES, first_word_id  # noqa: E402
from duckdb_ads import AdsJob  # noqa: E402

ROWS_PER_RANGE = 4_000_000
ROWS_RECOMPUTED = 20_000  # of every range
TOLERANCE = 1e-6
BOUNDARY_TOLERANCE = 1e-9
NULL_HASH = 0x9E3779B97F4A7C15

EXACT = [
    "clicked",
    "impression_id",
    "bid_missing",
    "position",
    "visit_categories",
    "hour_of_day",
    "weekday",
    "device",
    "gender",
    "category",
    "interests",
]
FLOATS = [
    "value",
    "bid",
    "price",
    "budget",
    "campaign_days_left",
    "age",
    "account_days",
    "visit_count",
    "visit_duration",
    "item_impressions",
    "temperature",
]
RARE_WORDS = [name for name, (_, oov_buckets) in VOCABULARIES.items() if oov_buckets > 1]
COLUMNS = {*EXACT, *FLOATS, *QUANTILES, *RARE_WORDS, *BUCKETS}

# What a hashed id is made of, as SQL over the raw tables i (impressions), u (users), t (items) and c (campaigns).
INPUTS = {
    "user_agent": ["i.user_agent"],
    "url": ["i.url"],
    "device_category": ["i.device", "t.category"],
    "country_category": ["u.country", "t.category"],
    "country": ["u.country"],
    "brand": ["t.brand"],
    "advertiser": ["c.advertiser"],
}


@dataclass
class Output:
    """One system's files, and what was found in its rows."""

    folder: Path
    number: int = 0  # among the outputs compared
    files: list = field(default_factory=list)
    is_headrace: bool = False
    rows: int = 0  # that the reference has too
    different: Counter = field(default_factory=Counter)  # rows by column
    examples: dict = field(default_factory=dict)  # column: impression_id

    def __post_init__(self):
        manifest = self.folder / "manifest.json"
        self.is_headrace = manifest.is_file()
        if self.is_headrace:
            parts = json.loads(manifest.read_text())["parts"]
            self.files = [str(self.folder / shard["file"]) for part in parts for shard in part["shards"]]
        else:
            self.files = sorted(map(str, self.folder.rglob("*.parquet")))
        if not self.files:
            sys.exit(f"{self.folder}: no manifest.json and no Parquet files")

    @property
    def sql(self):
        return f"read_parquet({self.files!r})"

    def pairs(self, name):
        """The table of (input, id) of a hashed column."""
        return f"pair_{self.number}_{name}"

    @property
    def titles(self):
        """The table of the lists of title words."""
        return f"title_{self.number}"

    def written(self):
        """Rows and bytes of the output."""
        if self.is_headrace:
            parts = json.loads((self.folder / "manifest.json").read_text())["parts"]
            shards = [shard for part in parts for shard in part["shards"]]
            return sum(shard["rows"] for shard in shards), sum(shard["bytes"] for shard in shards)
        rows = duckdb.sql(f"select sum(num_rows) from parquet_file_metadata({self.files!r})").fetchall()[0][0]
        return int(rows), sum(Path(file).stat().st_size for file in self.files)


def xxh3_of(parts):
    """The hash of a value, or of several as a cross, by the definition of kernel/hash.h."""
    hashes = [NULL_HASH if part is None else xxhash.xxh3_64_intdigest(part.encode()) for part in parts]
    if len(hashes) == 1:
        return hashes[0]
    return xxhash.xxh3_64_intdigest(b"".join(value.to_bytes(8, "little") for value in hashes))


def is_cross(name):
    return len(INPUTS[name]) > 1


def condition_of_difference(name):
    """SQL that is true where the columns a.name and b.name differ, before any excuse."""
    a, b = f'a."{name}"', f'b."{name}"'
    if name in FLOATS:
        near = f"abs({a} - {b}) <= {TOLERANCE} * greatest(1, abs({a}), abs({b}))"
        return f"not case when isfinite({a}) and isfinite({b}) then {near} else {a} is not distinct from {b} end"
    if name in RARE_WORDS:
        first = first_word_id(name)
        a, b = (f"case when {x} between 2 and {first - 1} then 2 else {x} end" for x in (a, b))
    return f"{a} is distinct from {b}"


class Checker:
    def __init__(self, data, memory="4GiB", threads=2):
        self.data = data
        self.connection = duckdb.connect()
        self.run(f"set memory_limit = '{memory}'; set threads = {threads}; set timezone = 'UTC'")
        self.differences = []
        self.notes = []
        self.run(f"""
        create temp table u as select user_id, country from read_parquet('{data}/users.parquet');
        create temp table t as select item_id, category, brand, title from read_csv('{data}/items.csv', header = true,
          quote = '"', escape = '"', auto_detect = false, columns = {{'item_id': 'BIGINT', 'category': 'VARCHAR',
          'brand': 'VARCHAR', 'price': 'DOUBLE', 'title': 'VARCHAR'}});
        create temp table c as select campaign_id, advertiser from read_json('{data}/campaigns.ndjson',
          format = 'newline_delimited', columns = {{'campaign_id': 'BIGINT', 'advertiser': 'VARCHAR'}});
        """)

    def run(self, sql):
        return self.connection.execute(sql)

    def differs(self, output, column, text):
        self.differences.append(f"{output.folder}: {column}: {text}")

    def ranges(self, outputs):
        """Ranges of impression_id that cover the rows of all outputs."""
        bounds = [
            self.run(f"select min(impression_id), max(impression_id) from {output.sql}").fetchone()
            for output in outputs
        ]
        bounds = [(low, high) for low, high in bounds if low is not None]
        if not bounds:
            return []
        low, high = min(low for low, _ in bounds), max(high for _, high in bounds)
        return [(start, start + ROWS_PER_RANGE - 1) for start in range(low, high + 1, ROWS_PER_RANGE)]

    def check(self, reference, others):
        """Compares every row of the outputs: with the reference, and hashed ids with the raw tables."""
        outputs = [output for output in (reference, *others) if self.has_right_columns(output)]
        for output in outputs:
            self.run(f"create temp table {output.titles} (item_id bigint, ids bigint[])")
            for name in INPUTS:
                self.run(f"create temp table {output.pairs(name)} (input ubigint, is_null boolean, id bigint)")
        for low, high in self.ranges(outputs):
            between = f"where impression_id between {low} and {high}"
            self.load_raw(between)
            for output in outputs:
                table = "expected" if output is reference else "found"
                self.run(f"create or replace temp table {table} as select * from {output.sql} {between}")
                self.add_hashes(output, table)
                if output is not reference and reference in outputs:
                    self.compare_range(reference, output)
        for output in outputs:
            self.check_hashes(output)
            if output is not reference and reference in outputs:
                self.conclude(reference, output)

    def has_right_columns(self, output):
        names = set(self.names(output))
        if names != COLUMNS:
            self.differs(output, "columns", f"missing {sorted(COLUMNS - names)}, unexpected {sorted(names - COLUMNS)}")
        return names == COLUMNS

    def names(self, output):
        return [column[0] for column in self.run(f"select * from {output.sql} limit 0").description]

    # --- pairs of outputs ---------------------------------------------------------------------------------------------

    def compare_range(self, reference, other):
        """Compares the rows of a range, hashed columns apart."""
        names = sorted(COLUMNS - BUCKETS.keys())
        measures = ", ".join(
            f"count(*) filter ({condition}), min(a.impression_id) filter ({condition})"
            for condition in map(condition_of_difference, names)
        )
        counts = self.run(
            "select (select count(*) from expected), (select count(distinct impression_id) from expected),"
            " (select count(*) from found), (select count(distinct impression_id) from found)"
        ).fetchone()
        if counts[0] != counts[1] or counts[2] != counts[3]:
            self.differs(other, "impression_id", f"occurs twice: rows and ids of both are {counts}")
        matched, *found = self.run(
            f"select count(*), {measures} from expected a join found b on a.impression_id = b.impression_id"
        ).fetchone()
        if not matched == counts[0] == counts[2]:
            self.differs(other, "rows", f"{counts[0]} in {reference.folder}, {counts[2]} here, {matched} in both")
        other.rows += matched
        for name, count, example in zip(names, found[::2], found[1::2], strict=True):
            if count:
                other.different[name] += count
                other.examples.setdefault(name, example)

    def conclude(self, reference, other):
        """Tells what the ranges gave."""
        for name, example in other.examples.items():
            count = other.different[name]
            if name in QUANTILES:
                count = self.excuse_boundaries(reference, other, name, count)
            if count:
                values = [self.value(output, name, example) for output in (reference, other)]
                text = f"impression {example}: {values[0]} expected, {values[1]} here"
                self.differs(other, name, f"{count} of {other.rows} rows; {text}")
        columns = len(COLUMNS - BUCKETS.keys())
        self.notes.append(f"{other.folder}: {other.rows} rows x {columns} columns compared with {reference.folder}")

    def value(self, output, name, impression_id):
        return self.run(f'select "{name}" from {output.sql} where impression_id = {impression_id}').fetchone()[0]

    def excuse_boundaries(self, reference, other, name, count):
        """Returns how many rows of those whose interval differs have a value that is not next to a boundary."""
        if not hasattr(self, "job"):
            self.job = AdsJob(self.data, 2, "8GiB", other.folder / "scratch")
            self.job.dimensions()
            self.job.history_and_items()
            self.job.spool()
            self.job.fit()
        column = {"bid_bucket": "s.bid", "price_bucket": "price", "hours_since_visit": "visit_seconds"}.get(name, name)
        near = " or ".join(
            f"abs({column} - {b!r}) <= {BOUNDARY_TOLERANCE} * abs({b!r})" for b in self.job.quantiles[name]
        )
        near_rows = self.job.run(
            f"select count(*) from {reference.sql} a join {other.sql} b on a.impression_id = b.impression_id"
            f" join spool s on s.impression_id = a.impression_id join item t on t.item_id = s.item_id"
            f' where a."{name}" <> b."{name}" and abs(a."{name}" - b."{name}") = 1 and ({near or "false"})'
        ).fetchone()[0]
        self.notes.append(f"{other.folder}: {name}: {near_rows} rows next to a boundary")
        return count - near_rows

    # --- hashed columns of one output ---------------------------------------------------------------------------------

    def load_raw(self, between):
        """The inputs of the hashed columns of a range, as the table raw."""
        columns = ", ".join(f"{sql} as {self.raw(sql)}" for sql in self.raw_columns())
        self.run(f"""
        create or replace temp table raw as select impression_id, i.item_id, {columns}
        from (select impression_id, user_id, item_id, campaign_id, user_agent, url, device
              from read_parquet('{self.data}/impressions/*.parquet') {between}) i
        left join u on u.user_id = i.user_id left join t on t.item_id = i.item_id
        left join c on c.campaign_id = i.campaign_id
        """)

    def add_hashes(self, output, table):
        """Adds what a range of an output has of each input and its id."""
        columns = ", ".join([*INPUTS, "title_words"])
        self.run(f"""
        create or replace temp table range_rows as
        select * from (select impression_id, {columns} from {table}) left join raw using (impression_id);
        insert into {output.titles} select distinct item_id, title_words from range_rows;
        """)
        for name, parts in INPUTS.items():
            inputs = ", ".join(map(self.raw, parts))
            self.run(f"""
            insert into {output.pairs(name)} select distinct hash({inputs}), {self.raw(parts[0])} is null, {name}
            from range_rows {f"where {name} between 1 and {first_word_id(name) - 1}" if name in RARE_WORDS else ""}
            """)
        if output.is_headrace:
            self.recompute(output)

    def check_hashes(self, output):
        """Compares the hashed ids of an output with the raw tables."""
        for name in INPUTS:
            self.check_pairs(output, name, f"select distinct * from {output.pairs(name)}")
        self.check_titles(output)

    @staticmethod
    def raw_columns():
        return sorted({sql for parts in INPUTS.values() for sql in parts})

    @staticmethod
    def raw(sql):
        return "raw_" + sql.split(".")[1]

    def check_pairs(self, output, name, pairs_sql):
        """The relation of inputs to ids is a function, and spreads like a random one."""
        buckets = BUCKETS[name] if name in BUCKETS else VOCABULARIES[name][1]
        inputs, pairs, wrong_null, outside = self.run(f"""
        select count(distinct input), count(*),
          count(*) filter ({"false" if name in INPUTS and is_cross(name) else "is_null <> (id = 1)"}),
          count(*) filter (not (id = 1 or id between 2 and {buckets + 1}))
        from ({pairs_sql})
        """).fetchone()
        if pairs != inputs:
            self.differs(output, name, f"{pairs - inputs} inputs have more than one id")
        if wrong_null:
            self.differs(output, name, f"{wrong_null} inputs: the id 1 must mean null")
        if outside:
            self.differs(output, name, f"{outside} inputs have ids outside of 2 to {buckets + 1}")
        inputs, squares = self.run(f"""
        select coalesce(sum(n), 0), coalesce(sum(n * n), 0)
        from (select id, count(*) as n from ({pairs_sql}) where id > 1 group by id)
        """).fetchone()
        if inputs > 1 and buckets > 1:
            chi_squared = squares * buckets / inputs - inputs
            limit = buckets - 1 + 6 * math.sqrt(2 * (buckets - 1)) + 12
            if chi_squared > limit:
                self.differs(
                    output, name, f"uneven load: chi-squared is {chi_squared:.0f}, at most {limit:.0f} expected"
                )
        self.notes.append(f"{output.folder}: {name}: {inputs} inputs in {buckets} buckets")

    def check_titles(self, output):
        self.run(f"create or replace temp table title as select distinct * from {output.titles}")
        twice, wrong_length = self.run(f"""
        select count(*) - count(distinct item_id), count(*) filter (len(ids) <> {TITLE_WORDS}
          or list_count(list_filter(ids, lambda id: id > 0)) <> least({TITLE_WORDS}, len(string_split(t.title, ' ')))
          or list_contains(ids[least({TITLE_WORDS}, len(string_split(t.title, ' '))) + 1:], 1))
        from title join t using (item_id)
        """).fetchone()
        if twice or wrong_length:
            self.differs(output, "title_words", f"{twice} items with two lists, {wrong_length} of a wrong length")
        words = f"""
        select unnest(string_split(t.title, ' ')[:{TITLE_WORDS}]) as word,
          unnest(list_filter(ids, lambda id: id > 0)) as id
        from title join t using (item_id)
        """
        self.check_pairs(
            output, "title_words", f"select distinct hash(word) as input, false as is_null, id from ({words})"
        )
        if output.is_headrace:
            for word, id in self.run(f"select distinct word, id from ({words})").fetchall():
                if id != 2 + xxh3_of([word]) % BUCKETS["title_words"]:
                    self.differs(output, "title_words", f"{word!r} has the id {id}, which is not its XXH3")
                    break

    def recompute(self, output):
        """Compares Headrace's ids of some rows of range_rows with their definition."""
        for name, parts in INPUTS.items():
            buckets = BUCKETS[name] if name in BUCKETS else VOCABULARIES[name][1]
            rare = f"where {name} between 1 and {buckets + 1}" if name in RARE_WORDS else ""
            rows = self.run(f"""
            select distinct {", ".join(map(self.raw, parts))}, {name}
            from (from range_rows limit {ROWS_RECOMPUTED}) {rare}
            """).fetchall()
            for *values, id in rows:
                expected = 1 if values == [None] else 2 + xxh3_of(values) % buckets
                if id != expected:
                    self.differs(output, name, f"{values} has the id {id}; its XXH3 gives {expected}")
                    break


def check(data, reference, others, **limits):
    """Returns the differences, none if all is well, and notes on what was compared."""
    checker = Checker(data, **limits)
    reference, *others = (Output(Path(folder), number) for number, folder in enumerate((reference, *others)))
    checker.check(reference, others)
    return checker.differences, checker.notes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--memory", default="4GiB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("outputs", type=Path, nargs="+", metavar="OUTPUT", help="the first one is the reference")
    arguments = parser.parse_args()
    reference, *others = arguments.outputs
    differences, notes = check(arguments.data, reference, others, memory=arguments.memory, threads=arguments.threads)
    print("\n".join(notes))
    for difference in differences:
        print(f"DIFFERENT {difference}")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
