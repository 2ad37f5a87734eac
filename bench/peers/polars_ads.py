"""The ads job in Polars, streaming: a peer of `make bench`. The stages are those of ads.py.

What makes it fast: hashes of wide strings instead of the strings from the scan on; times as integers; a group by in two
steps instead of a distinct count; users, items and campaigns encoded once each instead of once a row.
"""

import os
import sys

if __name__ == "__main__" and "--threads" in sys.argv:  # Polars reads it when it is imported
    os.environ["POLARS_MAX_THREADS"] = sys.argv[sys.argv.index("--threads") + 1]

import polars as pl
from ads import (
    BOT_VISITS,
    BUCKETS,
    QUANTILES,
    T0_MICROSECONDS,
    TITLE_WORDS,
    VOCABULARIES,
    first_word_id,
    parse_arguments,
    run_stages,
)
from polars import col, lit

MICROSECONDS_PER_HOUR = 3_600_000_000
TIME = pl.Datetime("us", "UTC")
T0 = lit(T0_MICROSECONDS).cast(TIME)
CONVERSION = r'^\{"impression_id": ?(\d+), ?"time": ?"(20[^"]+)", ?"value": ?([-+.0-9eE]+), ?"items": ?\[[0-9, ]*\]\}$'


def hours(time):
    return time.dt.epoch("us") // MICROSECONDS_PER_HOUR


def hash_ids(name):
    ids = pl.when(col(name).is_null()).then(1).otherwise(2 + col(name).hash() % BUCKETS[name])
    return ids.cast(pl.Int32).alias(name)


def streamed(frame):
    return frame.collect(engine="streaming")


class AdsJob:
    def __init__(self, data):
        self.data = data

    def dimensions(self):
        data = self.data
        clicks = pl.scan_csv(
            data / "clicks.csv",
            schema={"impression_id": pl.Int64, "time": TIME, "dwell": pl.Float64},
            ignore_errors=True,
            truncate_ragged_lines=True,
        ).drop_nulls()
        clicks = clicks.group_by("impression_id").agg((col("time").min() < T0).alias("is_early"))
        conversions = pl.scan_lines(data / "conversions.ndjson", name="line").select(
            col("line").str.extract(CONVERSION, 1).cast(pl.Int64).alias("impression_id"),
            col("line").str.extract(CONVERSION, 3).cast(pl.Float64).alias("value"),
        )
        conversions = conversions.drop_nulls()
        per_category = (
            pl.scan_parquet(data / "visits/*.parquet")
            .filter(col("time") < T0)
            .group_by("user_id", "page_category")
            .agg(
                pl.len().cast(pl.Int64).alias("n"),
                col("duration").sum(),
                col("duration").count().alias("durations"),
                col("time").max(),
            )
        )
        visits = per_category.group_by("user_id").agg(
            col("n").sum().alias("visit_count"),
            (col("duration").sum() / col("durations").sum()).alias("visit_duration"),
            col("time").max().dt.epoch("us").alias("last_visit"),
            col("page_category").count().cast(pl.Int64).alias("visit_categories"),
        )
        self.clicks, self.conversions, visits = pl.collect_all([clicks, conversions, visits], engine="streaming")
        self.bots = visits.filter(col("visit_count") > BOT_VISITS).select("user_id")

        users = pl.read_parquet(data / "users.parquet")
        countries = pl.Enum(users["country"].drop_nulls().unique())
        self.members = users.join(visits, on="user_id", how="full", coalesce=True).with_columns(
            col("country").cast(countries).to_physical().cast(pl.Int64).alias("country_code"),
            col("signup").to_physical(),
        )
        self.temperatures = (
            pl.read_csv(data / "weather.csv", schema={"country": pl.String, "hour": TIME, "temperature": pl.Float64})
            .select(
                (
                    col("country").cast(countries, strict=False).to_physical().cast(pl.Int64) * 1_000_000
                    + hours(col("hour"))
                ).alias("country_hour"),
                "temperature",
            )
            .drop_nulls("country_hour")
        )

    def impressions(self):
        return pl.scan_parquet(self.data / "impressions/*.parquet").filter((col("bid") >= 0) | col("bid").is_null())

    def history_and_items(self):
        history = streamed(
            self.impressions()
            .filter(col("time") < T0)
            .select("impression_id", "user_id", "item_id")
            .join(self.bots.lazy(), on="user_id", how="anti")
            .join(self.clicks.lazy(), on="impression_id", how="left")
            .group_by("item_id")
            .agg(pl.len().cast(pl.Int64).alias("item_impressions"), col("is_early").sum().alias("clicks"))
            .select("item_id", "item_impressions", (col("clicks") / col("item_impressions")).alias("item_ctr"))
        )
        items = pl.read_csv(
            self.data / "items.csv",
            schema={
                "item_id": pl.Int64,
                "category": pl.String,
                "brand": pl.String,
                "price": pl.Float64,
                "title": pl.String,
            },
        )
        self.items = items.join(history, on="item_id", how="full", coalesce=True)
        self.campaigns = pl.read_ndjson(
            self.data / "campaigns.ndjson",
            schema={
                "campaign_id": pl.Int64,
                "advertiser": pl.String,
                "budget": pl.Float64,
                "start": pl.String,
                "end": pl.String,
            },
        ).select("campaign_id", "advertiser", "budget", col("end").str.to_date().to_physical().alias("end_day"))

    def spool(self):
        rows = (
            self.impressions()
            .filter(col("time") >= T0)
            .select(
                "impression_id",
                col("time").dt.epoch("us").alias("us"),
                "user_id",
                "item_id",
                "campaign_id",
                "device",
                "bid",
                "position",
                hash_ids("user_agent"),
                hash_ids("url"),
            )
            .join(self.bots.lazy(), on="user_id", how="anti")
            .join(self.clicks.lazy(), on="impression_id", how="left")
            .join(self.conversions.lazy(), on="impression_id", how="left")
            .join(
                self.members.lazy().select("user_id", "country_code", "signup", "last_visit"), on="user_id", how="left"
            )
            .with_columns(
                (col("us") // MICROSECONDS_PER_HOUR).alias("hour"),
                (col("country_code") * 1_000_000 + col("us") // MICROSECONDS_PER_HOUR).alias("country_hour"),
            )
            .join(self.temperatures.lazy(), on="country_hour", how="left")
            .select(
                "impression_id",
                "hour",
                "user_id",
                "item_id",
                "campaign_id",
                "device",
                "bid",
                "position",
                "user_agent",
                "url",
                col("is_early").is_not_null().alias("clicked"),
                col("value").fill_null(0.0),
                (col("hour") // 24 - col("signup")).clip(0, 10_000).alias("account_days"),
                ((col("us") - col("last_visit")) // 1_000_000).alias("visit_seconds"),
                "temperature",
            )
        )
        self.rows = streamed(rows)

    def fit(self):
        rows = self.rows.lazy()
        users = rows.group_by("user_id").agg(pl.len().cast(pl.Int64).alias("n"))
        items = rows.group_by("item_id").agg(pl.len().cast(pl.Int64).alias("n"))
        campaigns = rows.group_by("campaign_id", (col("hour") // 24).alias("day")).agg(
            pl.len().cast(pl.Int64).alias("n")
        )
        devices = rows.group_by("device").agg(pl.len().cast(pl.Int64).alias("n"))
        bid, account, temperature = col("bid").fill_null(0.0).log1p(), col("account_days").log1p(), col("temperature")

        def parts(name):
            return [k / QUANTILES[name] for k in range(1, QUANTILES[name])]

        fitted = rows.select(
            bid.mean().alias("bid_mean"),
            bid.std(ddof=0).alias("bid_deviation"),
            account.mean().alias("account_days_mean"),
            account.std(ddof=0).alias("account_days_deviation"),
            temperature.mean().alias("temperature_mean"),
            (temperature.std(ddof=0) * (temperature.count() / pl.len()).sqrt()).alias("temperature_deviation"),
            col("bid").quantile(parts("bid_bucket"), "equiprobable").alias("bid_bucket"),
            col("visit_seconds").quantile(parts("hours_since_visit"), "equiprobable").alias("hours_since_visit"),
        )
        users, items, campaigns, devices, fitted = pl.collect_all(
            [users, items, campaigns, devices, fitted], engine="streaming"
        )
        self.users = users.join(self.members, on="user_id", how="left")
        self.items = items.join(self.items, on="item_id", how="left")
        campaigns = campaigns.join(self.campaigns, on="campaign_id", how="left")
        self.fitted = fitted.row(0, named=True)
        self.birth_year = self.weighted_quantiles(self.users.select(x=-col("birth_year"), n="n"), 2)[0] * -1
        self.age = 2026 - col("birth_year").fill_null(self.birth_year)
        for table, features in (
            (
                self.users,
                {
                    "age": self.age,
                    "visit_count": col("visit_count").fill_null(0).log1p(),
                    "visit_duration": col("visit_duration").fill_null(0.0).log1p(),
                },
            ),
            (
                self.items,
                {"price": col("price").log1p(), "item_impressions": col("item_impressions").fill_null(0).log1p()},
            ),
            (campaigns, {"budget": col("budget").log1p(), "campaign_days_left": col("end_day") - col("day")}),
        ):
            for name, value in features.items():
                mean, square = (
                    table.filter(value.is_not_null())
                    .select(
                        mean=(value * col("n")).sum() / col("n").sum(),
                        square=(value * value * col("n")).sum() / col("n").sum(),
                    )
                    .row(0)
                )
                self.fitted |= {f"{name}_mean": mean, f"{name}_deviation": max(square - mean * mean, 0.0) ** 0.5}
        self.boundaries = {
            name: sorted({x for x in self.fitted[name] if x is not None})
            for name in ("bid_bucket", "hours_since_visit")
        }
        for name, column in (("price_bucket", "price"), ("item_ctr", "item_ctr")):
            self.boundaries[name] = self.weighted_quantiles(self.items.select(x=column, n="n"), QUANTILES[name])
        self.vocabularies = {"device": self.vocabulary("device", devices)}
        for name, table in (
            ("gender", self.users),
            ("country", self.users),
            ("category", self.items),
            ("brand", self.items),
            ("advertiser", campaigns),
            ("interests", self.users.select(col("interests"), "n").explode("interests")),
        ):
            self.vocabularies[name] = self.vocabulary(name, table)
        self.campaigns = campaigns.unique("campaign_id").drop("day", "n")

    @staticmethod
    def weighted_quantiles(table, parts):
        """The least values x that at least k/parts of the rows, of which a line of the table stands for n, do not
        exceed; equal ones once."""
        ranks = table.drop_nulls("x").sort("x").with_columns(rank=col("n").cum_sum())
        total = ranks["rank"][-1] if len(ranks) else 0
        wanted = pl.Series([-(-k * total // parts) for k in range(1, parts)], dtype=pl.Int64)
        return ranks["x"].gather(ranks["rank"].search_sorted(wanted, side="left")).unique().sort().to_list()

    @staticmethod
    def vocabulary(name, table):
        """The words and their ids, from a table with n rows of each value."""
        counts = table.select(word=name, n="n").drop_nulls("word").group_by("word").agg(col("n").sum())
        counts = counts.filter(col("n") >= VOCABULARIES[name][0]).sort("n", "word", descending=[True, False])
        return counts.with_row_index("id", offset=first_word_id(name)).select("word", col("id").cast(pl.Int64))

    def word_ids(self, name, value=None):
        words = self.vocabularies[name]
        value = col(name) if value is None else value
        rare = 2 + (value.hash() % VOCABULARIES[name][1]).cast(pl.Int64)
        known = value.replace_strict(words["word"], words["id"], default=None, return_dtype=pl.Int64)
        return pl.when(value.is_null()).then(1).otherwise(pl.coalesce(known, rare)).alias(name)

    def standardized(self, name, value):
        mean, deviation = self.fitted[f"{name}_mean"], self.fitted[f"{name}_deviation"]
        return ((value - mean) / (deviation or 1.0)).cast(pl.Float32).alias(name)

    def bucket_ids(self, name, values):
        """Interval ids of a series: 1 for null, else 2 + how many boundaries are at most the value."""
        index = pl.Series(self.boundaries[name]).cast(values.dtype).search_sorted(values, side="right")
        ids = pl.DataFrame({"index": index, "value": values}).select(
            pl.when(col("value").is_null()).then(1).otherwise(col("index").cast(pl.Int64) + 2)
        )
        return ids.to_series().alias(name)

    def encode_tables(self):
        words = self.vocabularies["interests"]
        size = first_word_id("interests") + len(words)
        at = dict(zip(words["id"], words["word"], strict=True))
        zero = lit(0.0, dtype=pl.Float32)
        vector = [
            col("interests").list.contains(at[id]).fill_null(False).cast(pl.Float32) if id in at else zero
            for id in range(size)
        ]
        self.encoded_users = self.users.select(
            "user_id",
            self.standardized("age", self.age),
            self.standardized("visit_count", col("visit_count").fill_null(0).log1p()),
            self.standardized("visit_duration", col("visit_duration").fill_null(0.0).log1p()),
            col("visit_categories").fill_null(0),
            self.word_ids("gender"),
            self.word_ids("country"),
            col("country").hash().alias("country_hash"),
            pl.concat_list(vector).alias("interests"),
        )
        words = col("title").str.split(" ").list.head(TITLE_WORDS)
        ids = words.list.eval(2 + (pl.element().hash() % BUCKETS["title_words"]).cast(pl.Int64))
        padding = lit([0] * TITLE_WORDS, dtype=pl.List(pl.Int64))
        self.encoded_items = self.items.select(
            "item_id",
            self.standardized("price", col("price").log1p()),
            self.bucket_ids("price_bucket", self.items["price"]),
            self.standardized("item_impressions", col("item_impressions").fill_null(0).log1p()),
            self.bucket_ids("item_ctr", self.items["item_ctr"]),
            self.word_ids("category"),
            self.word_ids("brand"),
            col("category").hash().alias("category_hash"),
            pl.concat_list(ids, padding).list.head(TITLE_WORDS).alias("title_words"),
        )
        self.encoded_campaigns = self.campaigns.select(
            "campaign_id", "end_day", self.standardized("budget", col("budget").log1p()), self.word_ids("advertiser")
        )

    def output(self, path):
        rows = self.rows.with_columns(
            self.bucket_ids("bid_bucket", self.rows["bid"]),
            self.bucket_ids("hours_since_visit", self.rows["visit_seconds"]),
        )
        temperature = col("temperature").fill_null(self.fitted["temperature_mean"])
        day = col("hour") // 24
        (
            rows.lazy()
            .join(self.encoded_users.lazy(), on="user_id", how="left")
            .join(self.encoded_items.lazy(), on="item_id", how="left")
            .join(self.encoded_campaigns.lazy(), on="campaign_id", how="left")
            .select(
                col("clicked").cast(pl.Int64),
                col("value").cast(pl.Float32),
                "impression_id",
                self.standardized("bid", col("bid").fill_null(0.0).log1p()),
                col("bid").is_null().cast(pl.Int64).alias("bid_missing"),
                "bid_bucket",
                "price",
                "price_bucket",
                "budget",
                self.standardized("campaign_days_left", col("end_day") - day),
                "position",
                "age",
                self.standardized("account_days", col("account_days").log1p()),
                "visit_count",
                "visit_duration",
                "visit_categories",
                "hours_since_visit",
                "item_impressions",
                "item_ctr",
                self.standardized("temperature", temperature),
                (col("hour") % 24).alias("hour_of_day"),
                ((day + 3) % 7).alias("weekday"),
                self.word_ids("device"),
                "gender",
                "country",
                "category",
                "brand",
                "advertiser",
                col("user_agent").cast(pl.Int64),
                col("url").cast(pl.Int64),
                self.crossed("device_category", col("device").hash(), col("category_hash")),
                self.crossed("country_category", col("country_hash"), col("category_hash")),
                "title_words",
                "interests",
            )
            .sink_parquet(path, engine="streaming", compression="snappy", maintain_order=False, statistics=False)
        )

    @staticmethod
    def crossed(name, *hashes):
        return (2 + pl.struct(*hashes).hash() % BUCKETS[name]).cast(pl.Int64).alias(name)


def main():
    arguments = parse_arguments(__doc__)
    job = AdsJob(arguments.data)
    run_stages(job, arguments.out / "part-00000.parquet")


if __name__ == "__main__":
    main()
