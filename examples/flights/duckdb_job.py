"""The flights job in DuckDB: the relational part, the statistics and the encodings of pipeline.yaml, in SQL.

It is the oracle of the tests (with XXH3-64 registered as a function, so that hashed ids are equal too) and the peer of
`make demo-compare` (with DuckDB's own hash(), so that no Python runs per row).
"""

import math
import sys
from pathlib import Path

import duckdb

SPLIT_TIME = "2013-11-01T00:00:00Z"

FLIGHTS_COLUMNS = {
    "year": "INTEGER",
    "month": "INTEGER",
    "day": "INTEGER",
    "dep_time": "INTEGER",
    "sched_dep_time": "INTEGER",
    "dep_delay": "DOUBLE",
    "arr_time": "INTEGER",
    "sched_arr_time": "INTEGER",
    "arr_delay": "DOUBLE",
    "carrier": "VARCHAR",
    "flight": "INTEGER",
    "tailnum": "VARCHAR",
    "origin": "VARCHAR",
    "dest": "VARCHAR",
    "air_time": "DOUBLE",
    "distance": "DOUBLE",
    "hour": "INTEGER",
    "minute": "INTEGER",
    "time_hour": "TIMESTAMPTZ",
}
WEATHER_COLUMNS = {
    "origin": "VARCHAR",
    "year": "INTEGER",
    "month": "INTEGER",
    "day": "INTEGER",
    "hour": "INTEGER",
    "temp": "DOUBLE",
    "dewp": "DOUBLE",
    "humid": "DOUBLE",
    "wind_dir": "DOUBLE",
    "wind_speed": "DOUBLE",
    "wind_gust": "DOUBLE",
    "precip": "DOUBLE",
    "pressure": "DOUBLE",
    "visib": "DOUBLE",
    "time_hour": "TIMESTAMPTZ",
}
PLANES_COLUMNS = {
    "tailnum": "VARCHAR",
    "year": "INTEGER",
    "type": "VARCHAR",
    "manufacturer": "VARCHAR",
    "model": "VARCHAR",
    "engines": "INTEGER",
    "seats": "INTEGER",
    "speed": "DOUBLE",
    "engine": "VARCHAR",
}
AIRPORTS_COLUMNS = {
    "faa": "VARCHAR",
    "name": "VARCHAR",
    "lat": "DOUBLE",
    "lon": "DOUBLE",
    "alt": "DOUBLE",
    "tz": "DOUBLE",
    "dst": "VARCHAR",
    "tzone": "VARCHAR",
}
AIRLINES_COLUMNS = {"carrier": "VARCHAR", "name": "VARCHAR"}

# A row of the weather table is bad when one of these is false.
WEATHER_RULES = """
    (temp between -60 and 140 or temp is null) and (humid between 0 and 100 or humid is null)
    and (wind_dir between 0 and 360 or wind_dir is null) and (wind_speed between 0 and 200 or wind_speed is null)
    and (precip >= 0 or precip is null) and (pressure between 850 and 1100 or pressure is null)
    and (visib >= 0 or visib is null)
"""

# name: (input expression over base, min_count, oov_buckets)
VOCABULARIES = {
    "carrier": ("carrier", 1, 1),
    "airline": ("airline", 1000, 1),
    "origin": ("origin", 1, 1),
    "dest": ("dest", 20, 4),
    "manufacturer": ("manufacturer", 100, 2),
}
QUANTILES = {"plane_age": ("clipped_plane_age", 8), "pressure": ("pressure", 10)}
ONE_HOT = {"utc_hour": 24, "weekday": 7, "carrier": None}  # None: the size of the vocabulary


def read_csv(path, columns):
    """SQL that reads a CSV file with these columns."""
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return f"read_csv('{path}', header = true, nullstr = ['', 'NA'], columns = {{{types}}}, auto_detect = false)"


def relational_sql(data):
    """The joined table `base`: one row an arrived flight, with the aggregates of the month before."""
    return f"""
    create temp table flights as select * from {read_csv(f"{data}/flights.csv", FLIGHTS_COLUMNS)};
    create temp table base as
    with weather as (
      select origin, time_hour, temp, humid, wind_dir, wind_speed, precip, pressure, visib
      from {read_csv(f"{data}/weather.csv", WEATHER_COLUMNS)} where {WEATHER_RULES}),
    planes as (select tailnum, year, manufacturer, seats from {read_csv(f"{data}/planes.csv", PLANES_COLUMNS)}),
    airports as (select faa, alt from {read_csv(f"{data}/airports.csv", AIRPORTS_COLUMNS)}),
    airlines as (select carrier, name from {read_csv(f"{data}/airlines.csv", AIRLINES_COLUMNS)}),
    carrier_last_month as (
      select carrier, month + 1 as month, count(*) as carrier_flights, avg(dep_delay) as carrier_delay
      from flights group by all),
    dest_last_month as (
      select dest, month + 1 as month, count(*) as dest_flights, avg(dep_delay) as dest_delay
      from flights group by all),
    origin_days as (
      select origin, month, day, count(*) as origin_daily_flights from flights group by all)
    select
      cast(f.arr_delay > 15 as bigint) as late, f.time_hour, f.time_hour < timestamptz '{SPLIT_TIME}' as is_train,
      f.flight, f.distance, f.hour, f.month, f.carrier, coalesce(l.name, f.carrier) as airline, f.origin, f.dest,
      f.tailnum, p.manufacturer, p.seats, f.year - p.year as plane_age,
      greatest(least(f.year - p.year, 40), 0) + case when p.year is null then null else 0 end as clipped_plane_age,
      w.temp, w.humid, w.wind_speed, w.precip, w.pressure, w.visib, a.alt as dest_alt,
      c.carrier_flights, c.carrier_delay, d.dest_flights, d.dest_delay, o.origin_daily_flights
    from flights f
    left join weather w on w.origin = f.origin and w.time_hour = f.time_hour
    left join planes p on p.tailnum = f.tailnum
    left join airports a on a.faa = f.dest
    left join airlines l on l.carrier = f.carrier
    left join carrier_last_month c on c.carrier = f.carrier and c.month = f.month
    left join dest_last_month d on d.dest = f.dest and d.month = f.month
    left join origin_days o on o.origin = f.origin and o.month = f.month and o.day = f.day
    where f.arr_delay is not null;
    """


def filled(name, statistics):
    return f"coalesce({name}, {statistics[name]!r})"


class FlightsJob:
    """The job on one connection. `hash_of(expr)` gives the SQL of a 64-bit unsigned hash of a value that is not null;
    `hash_pair(a, b)` that of two hashes in order."""

    def __init__(self, data, hash_of, hash_pair, threads=None):
        self.connection = duckdb.connect()
        self.connection.execute("set timezone = 'UTC'; set preserve_insertion_order = false")
        if threads:
            self.connection.execute(f"set threads = {threads}")
        self.data = data
        self.hash_of = hash_of
        self.hash_pair = hash_pair

    def one_row(self, sql):
        cursor = self.connection.execute(sql)
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))

    def relational(self):
        self.connection.execute(relational_sql(self.data))

    def fit(self):
        """All statistics over the training rows, in as few passes as their dependencies allow."""
        first = self.one_row(
            """
            select quantile_disc(seats, 0.5) as seats, avg(temp) as temp, avg(humid) as humid,
              quantile_disc(wind_speed, 0.5) as wind_speed, min(humid) as humid_min, max(humid) as humid_max,
              avg(ln(1 + distance)) as distance_mean, stddev_pop(ln(1 + distance)) as distance_deviation,
              avg(coalesce(dest_alt, 0)) as dest_alt_mean, stddev_pop(coalesce(dest_alt, 0)) as dest_alt_deviation,
              avg(ln(1 + coalesce(carrier_flights, 0))) as carrier_flights_mean,
              stddev_pop(ln(1 + coalesce(carrier_flights, 0))) as carrier_flights_deviation,
              avg(coalesce(carrier_delay, 0)) as carrier_delay_mean,
              stddev_pop(coalesce(carrier_delay, 0)) as carrier_delay_deviation,
              avg(ln(1 + coalesce(dest_flights, 0))) as dest_flights_mean,
              stddev_pop(ln(1 + coalesce(dest_flights, 0))) as dest_flights_deviation,
              avg(greatest(least(coalesce(dest_delay, 0), 60), -30)) as dest_delay_mean,
              stddev_pop(greatest(least(coalesce(dest_delay, 0), 60), -30)) as dest_delay_deviation,
              avg(origin_daily_flights) as origin_daily_flights_mean,
              stddev_pop(origin_daily_flights) as origin_daily_flights_deviation,
              count(clipped_plane_age) as plane_age_count, count(pressure) as pressure_count
            from base where is_train
            """
        )
        second = self.one_row(
            f"""
            select avg(ln(1 + {filled("seats", first)})) as seats_mean,
              stddev_pop(ln(1 + {filled("seats", first)})) as seats_deviation,
              avg({filled("temp", first)}) as temp_mean, stddev_pop({filled("temp", first)}) as temp_deviation,
              min(least(greatest({filled("wind_speed", first)}, 0), 45)) as wind_speed_min,
              max(least(greatest({filled("wind_speed", first)}, 0), 45)) as wind_speed_max
            from base where is_train
            """
        )
        self.statistics = first | second
        self.boundaries = {}
        for name, (column, parts) in QUANTILES.items():
            count = self.statistics[f"{name}_count"]
            ranks = sorted({max(1, -(-k * count // parts)) for k in range(1, parts)})
            rows = self.connection.execute(
                f"select list(v order by r) from (select {column} as v, row_number() over (order by {column}) as r"
                f" from base where is_train and {column} is not null) where r in ({','.join(map(str, ranks))})"
            ).fetchone()[0]
            self.boundaries[name] = sorted(set(rows))
        for name, (column, min_count, oov_buckets) in VOCABULARIES.items():
            self.connection.execute(
                f"""create temp table vocabulary_{name} as
                select word, {2 + oov_buckets} + row_number() over (order by n desc, encode(word)) - 1 as id
                from (select {column} as word, count(*) as n from base where is_train and {column} is not null
                      group by all having count(*) >= {min_count})"""
            )
        self.vocabulary_sizes = {
            name: 2 + VOCABULARIES[name][2] + self.one_row(f"select count(*) as n from vocabulary_{name}")["n"]
            for name in VOCABULARIES
        }

    def standardized(self, name, value):
        mean, deviation = self.statistics[f"{name}_mean"], self.statistics[f"{name}_deviation"]
        return f"cast(({value} - {mean!r}) / {deviation!r} as float) as {name}"

    def bucket(self, name, value):
        steps = " + ".join(f"cast({value} >= {b!r} as bigint)" for b in self.boundaries[name])
        return f"coalesce(2 + {steps}, 1) as {name}"

    def scaled(self, name, value):
        low, high = self.statistics[f"{name}_min"], self.statistics[f"{name}_max"]
        return f"cast(({value} - {low!r}) / {high - low!r} as float) as {name}"

    def cyclic(self, name, value, period):
        angle = f"(2 * {math.pi!r} * {value} / {period})"
        return f"[cast(sin({angle}) as float), cast(cos({angle}) as float)]::float[2] as {name}"

    def hashed(self, value, buckets):
        return f"case when {value} is null then 1 else 2 + cast({self.hash_of(value)} % {buckets} as bigint) end"

    def word_id(self, name):
        column, _, oov_buckets = VOCABULARIES[name]
        return f"coalesce(v_{name}.id, {self.hashed(f'b.{column}', oov_buckets)})"

    def encoded_sql(self):
        """A query of all encoded rows, with is_train."""
        statistics = self.statistics
        for name, size in ONE_HOT.items():
            size = size or self.vocabulary_sizes[name]
            self.connection.execute(
                f"""create or replace temp table one_hot_{name} as
                select id, list_transform(range({size}), lambda i: cast(i = id as float))::float[{size}] as vector
                from range({size}) ids(id)"""
            )
        route = self.hash_pair(self.hash_of("b.origin"), self.hash_of("b.dest"))
        wind_speed = f"least(greatest({filled('wind_speed', statistics)}, 0), 45)"
        columns = [
            "b.late",
            "b.time_hour",
            "b.flight",
            self.standardized("distance", "ln(1 + b.distance)"),
            self.cyclic("sched_hour", "b.hour", 24),
            "h_utc_hour.vector as utc_hour",
            "h_weekday.vector as weekday",
            self.cyclic("month", "b.month", 12),
            "h_carrier.vector as carrier",
            f"{self.word_id('airline')} as airline",
            f"{self.word_id('origin')} as origin",
            f"{self.word_id('dest')} as dest",
            f"2 + cast({route} % 10000 as bigint) as route",
            f"{self.hashed('b.tailnum', 1000)} as tailnum",
            f"{self.word_id('manufacturer')} as manufacturer",
            self.standardized("seats", f"ln(1 + {filled('seats', statistics)})"),
            self.bucket("plane_age", "b.clipped_plane_age"),
            self.standardized("temp", filled("temp", statistics)),
            self.scaled("humid", filled("humid", statistics)),
            self.scaled("wind_speed", wind_speed),
            "cast(ln(1 + coalesce(b.precip, 0)) as float) as precip",
            self.bucket("pressure", "b.pressure"),
            "coalesce(2 + cast(b.visib >= 1 as bigint) + cast(b.visib >= 3 as bigint) + cast(b.visib >= 5 as bigint)"
            " + cast(b.visib >= 9 as bigint), 1) as visib",
            self.standardized("dest_alt", "coalesce(b.dest_alt, 0)"),
            self.standardized("carrier_flights", "ln(1 + coalesce(b.carrier_flights, 0))"),
            self.standardized("carrier_delay", "coalesce(b.carrier_delay, 0)"),
            self.standardized("dest_flights", "ln(1 + coalesce(b.dest_flights, 0))"),
            self.standardized("dest_delay", "greatest(least(coalesce(b.dest_delay, 0), 60), -30)"),
            self.standardized("origin_daily_flights", "b.origin_daily_flights"),
        ]
        vocabulary_joins = "\n".join(
            f"left join vocabulary_{name} v_{name} on v_{name}.word = b.{column}"
            for name, (column, _, _) in VOCABULARIES.items()
        )
        return f"""
        select {", ".join(columns)}, b.is_train
        from base b
        {vocabulary_joins}
        left join one_hot_utc_hour h_utc_hour on h_utc_hour.id = hour(b.time_hour)
        left join one_hot_weekday h_weekday on h_weekday.id = isodow(b.time_hour) - 1
        left join one_hot_carrier h_carrier on h_carrier.id = {self.word_id("carrier")}
        """

    def write_parquet(self, folder):
        """Encodes once and writes both parts, one file each."""
        self.connection.execute(f"create temp table encoded as {self.encoded_sql()}")
        for part, condition in (("train", "is_train"), ("eval", "not is_train")):
            self.connection.execute(
                f"copy (select * exclude (is_train) from encoded where {condition}) to '{folder}/{part}.parquet'"
                " (format parquet)"
            )


def main(data, out):
    """Runs the whole job with DuckDB's own hash and writes Parquet: the peer of `make demo-compare`."""
    Path(out).mkdir(parents=True, exist_ok=True)
    job = FlightsJob(data, hash_of="hash({})".format, hash_pair="hash({}, {})".format)
    job.relational()
    job.fit()
    job.write_parquet(out)


if __name__ == "__main__":
    main(*sys.argv[1:])
