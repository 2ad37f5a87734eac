"""The ads job in DataFusion: a peer of `make bench`. The stages are those of ads.py.

What makes it fast: hashes of wide strings instead of the strings from the scan on; times as integers; a group by in two
steps instead of a distinct count; users, items and campaigns encoded once each instead of once a row. Lines of text
that may be malformed are read whole and taken apart in SQL, since its readers stop at the first bad line.
"""

import os
import sys

if __name__ == "__main__" and "--threads" in sys.argv:  # its runtime reads it when it starts
    os.environ["TOKIO_WORKER_THREADS"] = sys.argv[sys.argv.index("--threads") + 1]

import pyarrow as pa
from ads import (
    BOT_VISITS,
    BUCKETS,
    QUANTILES,
    T0,
    TITLE_WORDS,
    VOCABULARIES,
    bucket_sql,
    first_word_id,
    memory_bytes,
    parse_arguments,
    run_stages,
    standardized_sql,
)
from datafusion import CsvReadOptions, RuntimeEnvBuilder, SessionConfig, SessionContext

T0_TIME = f"timestamp '{T0}Z'"
HOUR = 3_600_000_000
LINE = pa.schema([("line", pa.string())])


class AdsJob:
    def __init__(self, data, threads, memory):
        config = (
            SessionConfig()
            .with_target_partitions(threads)
            .set("datafusion.execution.parquet.pushdown_filters", "true")
            .set("datafusion.execution.parquet.reorder_filters", "true")
        )
        self.context = SessionContext(config, RuntimeEnvBuilder().with_fair_spill_pool(memory_bytes(memory)))
        self.context.enable_spark_functions()
        self.data = data

    def rows(self, sql):
        return [row for batch in self.context.sql(sql).collect() for row in batch.to_pylist()]

    def table(self, name, sql):
        """Runs a query and keeps its result in memory as a table."""
        self.context.sql(f"create table {name} as {sql}").collect()

    def read_lines(self, name, file):
        options = CsvReadOptions(
            schema=LINE, has_header=False, delimiter="\x01", quote="\x02", newlines_in_values=False, file_extension=file
        )
        self.context.register_csv(name, str(self.data / file), options=options)

    def read_csv(self, name, columns):
        schema = pa.schema(list(columns.items()))
        self.context.register_csv(name, str(self.data / f"{name}.csv"), schema=schema, has_header=True)

    def dimensions(self):
        self.read_lines("click_lines", "clicks.csv")
        self.read_lines("conversion_lines", "conversions.ndjson")
        self.read_csv(
            "weather", {"country": pa.string(), "hour": pa.timestamp("us", "UTC"), "temperature": pa.float64()}
        )
        self.context.register_parquet("visits", str(self.data / "visits"))
        self.context.register_parquet("users", str(self.data / "users.parquet"))
        self.context.register_parquet("impressions", str(self.data / "impressions"))
        self.table(
            "click",
            f"""
            select impression_id, min(time) < {T0_TIME} as is_early
            from (select try_cast(split_part(line, ',', 1) as bigint) as impression_id,
                    try_cast(split_part(line, ',', 2) as timestamp) as time,
                    try_cast(split_part(line, ',', 3) as double) as dwell
                  from click_lines where split_part(line, ',', 4) = '')
            where impression_id is not null and time is not null and dwell is not null group by impression_id
            """,
        )
        self.table(
            "conversion",
            """
            select impression_id, value
            from (select try_cast(trim(split_part(split_part(line, '"impression_id":', 2), ',', 1)) as bigint)
                    as impression_id,
                    try_cast(split_part(split_part(line, '"time":', 2), '"', 2) as timestamp) as time,
                    try_cast(trim(split_part(split_part(line, '"value":', 2), ',', 1)) as double) as value
                  from conversion_lines where starts_with(line, '{') and ends_with(line, ']}'))
            where impression_id is not null and time is not null and value is not null
            """,
        )
        self.table(
            "visit",
            f"""
            select user_id, cast(sum(n) as bigint) as visit_count, sum(duration) / sum(durations) as visit_duration,
              max(last_visit) as last_visit, count(page_category) as visit_categories
            from (select user_id, page_category, count(*) as n, sum(duration) as duration,
                    count(duration) as durations, max(cast(time as bigint)) as last_visit
                  from visits where time < {T0_TIME} group by user_id, page_category)
            group by user_id
            """,
        )
        self.table("bot", f"select user_id from visit where visit_count > {BOT_VISITS}")
        self.table(
            "country_code",
            """
            select country, cast(row_number() over () as bigint) as code
            from (select distinct country from users where country is not null)
            """,
        )
        self.table(
            "member",
            """
            select coalesce(u.user_id, v.user_id) as user_id, cast(birth_year as int) as birth_year, gender, u.country,
              code as country_code, cast(cast(signup as int) as bigint) as signup, interests, visit_count,
              visit_duration, visit_categories, last_visit
            from users u full join visit v on v.user_id = u.user_id left join country_code c on c.country = u.country
            """,
        )
        self.table(
            "temperature",
            f"""
            select code * 1000000 + cast(hour as bigint) / {HOUR} as country_hour, temperature
            from weather w join country_code c on c.country = w.country
            """,
        )

    def history_and_items(self):
        self.table(
            "history",
            f"""
            select item_id, count(*) as item_impressions,
              cast(count(*) filter (where c.is_early) as double) / count(*) as item_ctr
            from (select impression_id, user_id, item_id from impressions
                  where time < {T0_TIME} and (bid >= 0 or bid is null)) i
            left anti join bot b on b.user_id = i.user_id
            left join click c on c.impression_id = i.impression_id
            group by item_id
            """,
        )
        self.read_csv(
            "items",
            {
                "item_id": pa.int64(),
                "category": pa.string(),
                "brand": pa.string(),
                "price": pa.float64(),
                "title": pa.string(),
            },
        )
        self.table(
            "item",
            """
            select coalesce(i.item_id, h.item_id) as item_id, category, brand, price, title, item_impressions, item_ctr
            from items i full join history h on h.item_id = i.item_id
            """,
        )
        self.context.register_json("campaigns", str(self.data / "campaigns.ndjson"), file_extension=".ndjson")
        self.table(
            "campaign",
            """
            select campaign_id, advertiser, budget, cast(cast(cast("end" as date) as int) as bigint) as end_day
            from campaigns
            """,
        )

    def spool(self):
        self.table(
            "spool",
            f"""
            select i.impression_id, i.us / {HOUR} as hour, i.user_id, i.item_id, i.campaign_id, i.device, i.bid,
              i.position, i.user_agent, i.url, c.impression_id is not null as clicked, coalesce(k.value, 0) as value,
              case when m.signup is not null then least(greatest(i.us / {24 * HOUR} - m.signup, 0), 10000) end
                as account_days,
              (i.us - m.last_visit) / 1000000 as visit_seconds, w.temperature
            from (select impression_id, cast(time as bigint) as us, user_id, item_id, campaign_id, device, bid,
                    position, {self.hash_id("user_agent", BUCKETS["user_agent"])} as user_agent,
                    {self.hash_id("url", BUCKETS["url"])} as url
                  from impressions where time >= {T0_TIME} and (bid >= 0 or bid is null)) i
            left anti join bot b on b.user_id = i.user_id
            left join click c on c.impression_id = i.impression_id
            left join conversion k on k.impression_id = i.impression_id
            left join member m on m.user_id = i.user_id
            left join temperature w on w.country_hour = m.country_code * 1000000 + i.us / {HOUR}
            """,
        )

    @staticmethod
    def bucket_of(buckets, *values):
        """SQL of 2 + hash % buckets; its hash is signed, and loses the sign."""
        return f"2 + (xxhash64({', '.join(values)}) & {2**63 - 1}) % {buckets}"

    def hash_id(self, value, buckets):
        return f"case when {value} is null then 1 else {self.bucket_of(buckets, value)} end"

    def vocabulary(self, name, counts_sql):
        """Makes the table word_<name> of (word, id) from a query of (word, n)."""
        self.table(
            f"word_{name}",
            f"""
            select word, {first_word_id(name)} - 1 + cast(row_number() over (order by n desc, word) as bigint) as id
            from ({counts_sql}) where word is not null and n >= {VOCABULARIES[name][0]}
            """,
        )

    def boundaries(self, name, ranks):
        """The quantiles of the column x of a query: the least values that at least k/parts of the rows do not
        exceed. A line of it stands for n rows, which end at `rank`."""
        parts = QUANTILES[name]
        found = self.rows(f"""
        select distinct x from (select x, n, rank, max(rank) over () as total from ({ranks}))
        where rank * {parts} / total > (rank - n) * {parts} / total and (rank - n) * {parts} / total < {parts} - 1
        """)
        return sorted(row["x"] for row in found)

    def row_boundaries(self, name, column):
        """The quantiles of a column of the spool."""
        ranks = f"select {column} as x, 1 as n, cast(row_number() over (order by {column}) as bigint) as rank"
        return self.boundaries(name, f"{ranks} from spool where {column} is not null")

    def item_boundaries(self, name, column):
        """The quantiles of a column of items, weighted by their rows."""
        groups = f"select {column} as x, sum(n) as n from item_rows where {column} is not null group by {column}"
        return self.boundaries(name, f"select x, n, sum(n) over (order by x) as rank from ({groups})")

    def fit(self):
        def moments(name, value):
            total = f"cast(sum(n) filter (where {value} is not null) as double)"
            mean = f"sum(n * {value}) / {total}"
            return f"""{mean} as {name}_mean,
            sqrt(greatest(sum(n * {value} * {value}) / {total} - power({mean}, 2), 0)) as {name}_deviation"""

        self.table(
            "user_rows",
            """
            select s.user_id, birth_year, gender, country, interests, visit_count, visit_duration, visit_categories,
              s.n
            from (select user_id, count(*) as n from spool group by user_id) s
            left join member m on m.user_id = s.user_id
            """,
        )
        self.table(
            "item_rows",
            """
            select s.item_id, category, brand, price, title, item_impressions, item_ctr, s.n
            from (select item_id, count(*) as n from spool group by item_id) s left join item i on i.item_id = s.item_id
            """,
        )
        self.table(
            "campaign_rows",
            """
            select s.campaign_id, advertiser, budget, end_day, day, s.n
            from (select campaign_id, hour / 24 as day, count(*) as n from spool group by campaign_id, hour / 24) s
            left join campaign c on c.campaign_id = s.campaign_id
            """,
        )
        (self.fitted,) = self.rows("""
        select avg(ln(1 + coalesce(bid, 0))) as bid_mean, stddev_pop(ln(1 + coalesce(bid, 0))) as bid_deviation,
          avg(ln(1 + account_days)) as account_days_mean, stddev_pop(ln(1 + account_days)) as account_days_deviation,
          avg(temperature) as temperature_mean,
          stddev_pop(temperature) * sqrt(cast(count(temperature) as double) / count(*)) as temperature_deviation
        from spool
        """)
        self.fitted |= self.rows(f"""
        select {moments("visit_count", "ln(1 + coalesce(visit_count, 0))")},
          {moments("visit_duration", "ln(1 + coalesce(visit_duration, 0))")}
        from user_rows
        """)[0]
        birth_year = self.rows("""
        select max(birth_year) as year from (
          select birth_year, sum(n) over (order by birth_year desc) as rank, sum(n) over () as total
          from (select birth_year, sum(n) as n from user_rows where birth_year is not null group by birth_year))
        where 2 * rank >= total
        """)[0]["year"]
        self.age = f"(2026 - coalesce(birth_year, {birth_year}))"
        self.fitted |= self.rows(f"select {moments('age', self.age)} from user_rows")[0]
        self.fitted |= self.rows(f"""
        select {moments("price", "ln(1 + price)")},
          {moments("item_impressions", "ln(1 + coalesce(item_impressions, 0))")} from item_rows
        """)[0]
        self.fitted |= self.rows(f"""
        select {moments("budget", "ln(1 + budget)")}, {moments("campaign_days_left", "(end_day - day)")}
        from campaign_rows
        """)[0]
        self.quantiles = {
            "bid_bucket": self.row_boundaries("bid_bucket", "bid"),
            "price_bucket": self.item_boundaries("price_bucket", "price"),
            "item_ctr": self.item_boundaries("item_ctr", "item_ctr"),
            "hours_since_visit": self.row_boundaries("hours_since_visit", "visit_seconds"),
        }
        self.vocabulary("device", "select device as word, count(*) as n from spool group by device")
        for name, table in (
            ("gender", "user_rows"),
            ("country", "user_rows"),
            ("category", "item_rows"),
            ("brand", "item_rows"),
            ("advertiser", "campaign_rows"),
        ):
            self.vocabulary(name, f"select {name} as word, sum(n) as n from {table} group by {name}")
        self.vocabulary(
            "interests",
            "select word, sum(n) as n from (select unnest(interests) as word, n from user_rows) group by word",
        )

    def standardized(self, name, value):
        return standardized_sql(value, self.fitted[f"{name}_mean"], self.fitted[f"{name}_deviation"])

    def word_id(self, name, word):
        """SQL of an id; the table word_<name> has to be joined as w_<name>."""
        return f"coalesce(w_{name}.id, {self.hash_id(word, VOCABULARIES[name][1])})"

    def encode_tables(self):
        words = {row["id"]: row["word"] for row in self.rows("select word, id from word_interests")}
        vector = ", ".join(
            f"cast(coalesce(array_has(interests, '{words[id]}'), false) as float)"
            if id in words
            else "cast(0 as float)"
            for id in range(first_word_id("interests") + len(words))
        )
        self.table(
            "encoded_user",
            f"""
            select m.user_id, {self.standardized("age", self.age)} as age,
              {self.standardized("visit_count", "ln(1 + coalesce(visit_count, 0))")} as visit_count,
              {self.standardized("visit_duration", "ln(1 + coalesce(visit_duration, 0))")} as visit_duration,
              coalesce(visit_categories, 0) as visit_categories,
              {self.word_id("gender", "m.gender")} as gender, {self.word_id("country", "m.country")} as country,
              xxhash64(coalesce(m.country, '')) as country_hash, make_array({vector}) as interests
            from user_rows m
            left join word_gender w_gender on w_gender.word = m.gender
            left join word_country w_country on w_country.word = m.country
            """,
        )
        words = "string_to_array(title, ' ')"
        ids = ", ".join(
            f"case when array_length({words}) >= {k} then"
            f" {self.bucket_of(BUCKETS['title_words'], f'array_element({words}, {k})')} else 0 end"
            for k in range(1, TITLE_WORDS + 1)
        )
        self.table(
            "encoded_item",
            f"""
            select i.item_id, {self.standardized("price", "ln(1 + price)")} as price,
              {bucket_sql("price", self.quantiles["price_bucket"])} as price_bucket,
              {self.standardized("item_impressions", "ln(1 + coalesce(item_impressions, 0))")} as item_impressions,
              {bucket_sql("item_ctr", self.quantiles["item_ctr"])} as item_ctr,
              {self.word_id("category", "i.category")} as category, {self.word_id("brand", "i.brand")} as brand,
              xxhash64(coalesce(i.category, '')) as category_hash, make_array({ids}) as title_words
            from item_rows i
            left join word_category w_category on w_category.word = i.category
            left join word_brand w_brand on w_brand.word = i.brand
            """,
        )
        self.table(
            "encoded_campaign",
            f"""
            select campaign_id, end_day, {self.standardized("budget", "ln(1 + budget)")} as budget,
              {self.word_id("advertiser", "c.advertiser")} as advertiser
            from (select distinct campaign_id, end_day, budget, advertiser from campaign_rows) c
            left join word_advertiser w_advertiser on w_advertiser.word = c.advertiser
            """,
        )

    def output(self, path):
        temperature = f"coalesce(temperature, {self.fitted['temperature_mean']!r})"
        device_hash = "xxhash64(coalesce(s.device, ''))"
        self.context.sql(f"""
        copy (
          select cast(clicked as bigint) as clicked, cast(value as float) as value, impression_id,
            {self.standardized("bid", "ln(1 + coalesce(bid, 0))")} as bid,
            cast(bid is null as bigint) as bid_missing,
            {bucket_sql("bid", self.quantiles["bid_bucket"])} as bid_bucket,
            price, price_bucket, budget,
            {self.standardized("campaign_days_left", "(end_day - hour / 24)")} as campaign_days_left,
            position, age, {self.standardized("account_days", "ln(1 + account_days)")} as account_days,
            visit_count, visit_duration, visit_categories,
            {bucket_sql("visit_seconds", self.quantiles["hours_since_visit"])} as hours_since_visit,
            item_impressions, item_ctr, {self.standardized("temperature", temperature)} as temperature,
            hour % 24 as hour_of_day, (hour / 24 + 3) % 7 as weekday,
            {self.word_id("device", "s.device")} as device, gender, country, category, brand, advertiser,
            user_agent, url,
            {self.bucket_of(BUCKETS["device_category"], device_hash, "category_hash")} as device_category,
            {self.bucket_of(BUCKETS["country_category"], "country_hash", "category_hash")} as country_category,
            title_words, interests
          from spool s
          left join word_device w_device on w_device.word = s.device
          left join encoded_user u on u.user_id = s.user_id
          left join encoded_item i on i.item_id = s.item_id
          left join encoded_campaign c on c.campaign_id = s.campaign_id
        ) to '{path}' stored as parquet
        options ('format.compression' 'snappy', 'format.statistics_enabled' 'none')
        """).collect()


def main():
    arguments = parse_arguments(__doc__)
    job = AdsJob(arguments.data, arguments.threads, arguments.memory)
    run_stages(job, arguments.out / "part-00000.parquet")


if __name__ == "__main__":
    main()
