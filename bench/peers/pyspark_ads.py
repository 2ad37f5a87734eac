"""The ads job in PySpark, ANSI on: a peer of `make bench` and `make bench-engines`. The stages are those of ads.py.

What makes it fast: hashes of wide strings instead of the strings from the scan on; times as integers; a group by in two
steps instead of a distinct count; broadcast joins throughout, since the other side would be shuffled and sorted; few
shuffle partitions; users, items and campaigns encoded once each instead of once a row; a cache of what is read twice.

Prints the seconds until the session was there, so that the JVM's start can be shown apart. Spark is lazy: the stage
`spool` ends with the first query over its rows, so that reading and joining them is in it; tables of users, items and
campaigns are made where `fit` first asks for them, and encoded in `output`.
"""

import json
import os
import time
from collections import Counter

STARTED = time.time()

from ads import (  # noqa: E402  (the clock comes first)
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
from pyspark.sql import SparkSession  # noqa: E402

T0_TIME = f"timestamp '{T0}Z'"
HOUR = 3_600_000_000


class AdsJob:
    def __init__(self, data, threads, memory, scratch, master="", settings=()):
        os.environ.setdefault("PYSPARK_PYTHON", "python3")
        builder = (
            SparkSession.builder.master(master or f"local[{threads}]")
            .config("spark.driver.memory", f"{memory_bytes(memory) >> 20}m")
            .config("spark.driver.extraJavaOptions", "-XX:+UseParallelGC")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "ERROR")
            .config("spark.local.dir", str(scratch))
            .config("spark.sql.ansi.enabled", "true")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", 2 * threads)
            .config("spark.sql.inMemoryColumnarStorage.compressed", "false")
            .config("spark.sql.parquet.compression.codec", "snappy")
        )
        for setting in settings:
            builder = builder.config(*setting.split("=", 1))
        self.spark = builder.getOrCreate()
        self.data = data

    def rows(self, sql):
        return [row.asDict() for row in self.spark.sql(sql).collect()]

    def table(self, name, sql, cached=False):
        frame = self.spark.sql(sql)
        if cached:
            frame = frame.cache()
        frame.createOrReplaceTempView(name)

    def read(self, name, file, form, schema=None, **options):
        reader = self.spark.read.format(form).options(**options)
        (reader.schema(schema) if schema else reader).load(str(self.data / file)).createOrReplaceTempView(name)

    def sources(self):
        self.read("impressions", "impressions", "parquet")
        self.read("visits", "visits", "parquet")
        self.read("users", "users.parquet", "parquet")
        lenient = {"mode": "DROPMALFORMED"}
        clicks = "impression_id bigint, time timestamp, dwell double"
        self.read("clicks", "clicks.csv", "csv", clicks, header=True, **lenient)
        conversions = "impression_id bigint, time timestamp, value double, items array<bigint>"
        self.read("conversions", "conversions.ndjson", "json", conversions, **lenient)
        items = "item_id bigint, category string, brand string, price double, title string"
        self.read("items", "items.csv", "csv", items, header=True, quote='"', escape='"')
        campaigns = "campaign_id bigint, advertiser string, budget double, start date, end date"
        self.read("campaigns", "campaigns.ndjson", "json", campaigns)
        self.read("weather", "weather.csv", "csv", "country string, hour timestamp, temperature double", header=True)

    def dimensions(self):
        self.table(
            "click",
            f"""
            select impression_id, min(time) < {T0_TIME} as is_early from clicks
            where impression_id is not null and time is not null and dwell is not null group by impression_id
            """,
            cached=True,
        )
        self.table(
            "conversion",
            "select impression_id, value from conversions"
            " where impression_id is not null and time is not null and value is not null",
        )
        self.table(
            "visit",
            f"""
            select user_id, sum(n) as visit_count, sum(duration) / sum(durations) as visit_duration,
              max(last_visit) as last_visit, count(page_category) as visit_categories
            from (select user_id, page_category, count(*) as n, sum(duration) as duration,
                    count(duration) as durations, max(unix_micros(time)) as last_visit
                  from visits where time < {T0_TIME} group by user_id, page_category)
            group by user_id
            """,
            cached=True,
        )
        self.table("bot", f"select user_id from visit where visit_count > {BOT_VISITS}")
        self.table(
            "member",
            """
            select coalesce(u.user_id, v.user_id) as user_id, birth_year, gender, country,
              unix_date(signup) as signup, interests, visit_count, visit_duration, visit_categories, last_visit
            from users u full join visit v on v.user_id = u.user_id
            """,
            cached=True,
        )
        self.table(
            "temperature",
            f"select country, unix_micros(hour) div {HOUR} as hour, temperature from weather",
        )

    def history_and_items(self):
        self.table(
            "item",
            f"""
            select coalesce(i.item_id, h.item_id) as item_id, category, brand, price, title, item_impressions, item_ctr
            from items i full join (
              select /*+ broadcast(b), broadcast(c) */ item_id, count(*) as item_impressions,
                count_if(c.is_early) / count(*) as item_ctr
              from (select impression_id, user_id, item_id from impressions
                    where time < {T0_TIME} and (bid >= 0 or bid is null)) i
              left anti join bot b on b.user_id = i.user_id
              left join click c on c.impression_id = i.impression_id
              group by item_id) h on h.item_id = i.item_id
            """,
        )
        self.table("campaign", "select campaign_id, advertiser, budget, unix_date(`end`) as end_day from campaigns")

    def spool(self):
        self.table(
            "spool",
            f"""
            select /*+ broadcast(b), broadcast(c), broadcast(k), broadcast(m), broadcast(w) */
              i.impression_id, i.us div {HOUR} as hour, i.user_id, i.item_id, i.campaign_id, i.device, i.bid,
              i.position, i.user_agent, i.url, c.impression_id is not null as clicked, coalesce(k.value, 0) as value,
              case when m.signup is not null then least(greatest(i.us div {24 * HOUR} - m.signup, 0), 10000) end
                as account_days,
              (i.us - m.last_visit) div 1000000 as visit_seconds, w.temperature
            from (select impression_id, unix_micros(time) as us, user_id, item_id, campaign_id, device, bid, position,
                    {self.hash_id("user_agent", BUCKETS["user_agent"])} as user_agent,
                    {self.hash_id("url", BUCKETS["url"])} as url
                  from impressions where time >= {T0_TIME} and (bid >= 0 or bid is null)) i
            left anti join bot b on b.user_id = i.user_id
            left join click c on c.impression_id = i.impression_id
            left join conversion k on k.impression_id = i.impression_id
            left join (select user_id, country, signup, last_visit from member) m on m.user_id = i.user_id
            left join temperature w on w.country = m.country and w.hour = i.us div {HOUR}
            """,
            cached=True,
        )

        (self.fitted,) = self.rows("""
        select avg(ln(1 + coalesce(bid, 0))) as bid_mean, stddev_pop(ln(1 + coalesce(bid, 0))) as bid_deviation,
          avg(ln(1 + account_days)) as account_days_mean, stddev_pop(ln(1 + account_days)) as account_days_deviation,
          avg(temperature) as temperature_mean,
          stddev_pop(temperature) * sqrt(count(temperature) / count(*)) as temperature_deviation
        from spool
        """)

    @staticmethod
    def hash_id(value, buckets):
        return f"case when {value} is null then 1 else 2 + pmod(xxhash64({value}), {buckets}L) end"

    def vocabulary(self, name, counts_sql):
        """Makes the table word_<name> of (word, id) from a query of (word, n)."""
        self.table(
            f"word_{name}",
            f"""
            select word, {first_word_id(name)} - 1 + cast(row_number() over (order by n desc, word) as bigint) as id
            from ({counts_sql}) where word is not null and n >= {VOCABULARIES[name][0]}
            """,
            cached=True,
        )

    def boundaries(self, name, column, table):
        """The quantiles of a column of a table that has the number of its rows in n: the least values that at least
        k/parts of the rows do not exceed."""
        parts = QUANTILES[name]
        numbers = ", ".join(map(str, range(1, parts)))
        found = self.rows(f"""
        select distinct min(x) as x from (
          select x, rank, total, lag(rank, 1, 0L) over (order by x) as rank_before from (
            select x, sum(n) over (order by x) as rank, sum(n) over () as total
            from (select {column} as x, sum(n) as n from {table} where {column} is not null group by {column})))
        lateral view explode(array({numbers})) numbers as k
        where rank * {parts} >= k * total and rank_before * {parts} < k * total group by k
        """)
        return sorted(row["x"] for row in found)

    def fit(self):
        def moments(name, value):
            total = f"sum(n) filter (where {value} is not null)"
            mean = f"sum(n * {value}) / {total}"
            return f"""{mean} as {name}_mean,
            sqrt(greatest(sum(n * {value} * {value}) / {total} - power({mean}, 2), 0)) as {name}_deviation"""

        self.table(
            "user_rows",
            """
            select /*+ broadcast(s) */ s.user_id, birth_year, gender, country, interests, visit_count, visit_duration,
              visit_categories, s.n
            from (select user_id, count(*) as n from spool group by user_id) s
            left join member m on m.user_id = s.user_id
            """,
            cached=True,
        )
        self.table(
            "item_rows",
            """
            select s.item_id, category, brand, price, title, item_impressions, item_ctr, s.n
            from (select item_id, count(*) as n from spool group by item_id) s left join item i on i.item_id = s.item_id
            """,
            cached=True,
        )
        self.table(
            "campaign_rows",
            """
            select /*+ broadcast(c) */ s.campaign_id, advertiser, budget, end_day, day, s.n
            from (select campaign_id, hour div 24 as day, count(*) as n from spool group by campaign_id, hour div 24) s
            left join campaign c on c.campaign_id = s.campaign_id
            """,
            cached=True,
        )
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
            "bid_bucket": self.boundaries("bid_bucket", "bid", "(select bid, 1L as n from spool)"),
            "price_bucket": self.boundaries("price_bucket", "price", "item_rows"),
            "item_ctr": self.boundaries("item_ctr", "item_ctr", "item_rows"),
            "hours_since_visit": self.boundaries(
                "hours_since_visit", "visit_seconds", "(select visit_seconds, 1L as n from spool)"
            ),
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
            "select word, sum(n) as n from (select explode(interests) as word, n from user_rows) group by word",
        )

    def standardized(self, name, value):
        return standardized_sql(value, self.fitted[f"{name}_mean"], self.fitted[f"{name}_deviation"])

    def word_id(self, name, word):
        """SQL of an id; the table word_<name> has to be joined as w_<name>."""
        return f"coalesce(w_{name}.id, {self.hash_id(word, VOCABULARIES[name][1])})"

    def encode_tables(self):
        words = {row["id"]: row["word"] for row in self.rows("select word, id from word_interests")}
        vector = ", ".join(
            f"cast(coalesce(array_contains(interests, '{words[id]}'), false) as float)"
            if id in words
            else "cast(0 as float)"
            for id in range(first_word_id("interests") + len(words))
        )
        self.table(
            "encoded_user",
            f"""
            select /*+ broadcast(w_gender), broadcast(w_country) */ m.user_id,
              {self.standardized("age", self.age)} as age,
              {self.standardized("visit_count", "ln(1 + coalesce(visit_count, 0))")} as visit_count,
              {self.standardized("visit_duration", "ln(1 + coalesce(visit_duration, 0))")} as visit_duration,
              coalesce(visit_categories, 0) as visit_categories,
              {self.word_id("gender", "m.gender")} as gender, {self.word_id("country", "m.country")} as country,
              xxhash64(coalesce(m.country, '')) as country_hash, array({vector}) as interests
            from user_rows m
            left join word_gender w_gender on w_gender.word = m.gender
            left join word_country w_country on w_country.word = m.country
            """,
        )
        words = f"slice(split(title, ' '), 1, {TITLE_WORDS})"
        ids = f"transform({words}, word -> 2 + pmod(xxhash64(word), {BUCKETS['title_words']}L))"
        self.table(
            "encoded_item",
            f"""
            select /*+ broadcast(w_category), broadcast(w_brand) */ i.item_id,
              {self.standardized("price", "ln(1 + price)")} as price,
              {bucket_sql("price", self.quantiles["price_bucket"])} as price_bucket,
              {self.standardized("item_impressions", "ln(1 + coalesce(item_impressions, 0))")} as item_impressions,
              {bucket_sql("item_ctr", self.quantiles["item_ctr"])} as item_ctr,
              {self.word_id("category", "i.category")} as category, {self.word_id("brand", "i.brand")} as brand,
              xxhash64(coalesce(i.category, '')) as category_hash,
              slice(concat({ids}, array_repeat(0L, {TITLE_WORDS})), 1, {TITLE_WORDS}) as title_words
            from item_rows i
            left join word_category w_category on w_category.word = i.category
            left join word_brand w_brand on w_brand.word = i.brand
            """,
        )
        self.table(
            "encoded_campaign",
            f"""
            select /*+ broadcast(w_advertiser) */ campaign_id, end_day,
              {self.standardized("budget", "ln(1 + budget)")} as budget,
              {self.word_id("advertiser", "c.advertiser")} as advertiser
            from (select distinct campaign_id, end_day, budget, advertiser from campaign_rows) c
            left join word_advertiser w_advertiser on w_advertiser.word = c.advertiser
            """,
        )

    def output(self, path):
        temperature = f"coalesce(temperature, {self.fitted['temperature_mean']!r})"

        def crossed(name, *hashes):
            return f"2 + pmod(xxhash64({', '.join(hashes)}), {BUCKETS[name]}L) as {name}"

        self.spark.sql(f"""
        select /*+ broadcast(w_device), broadcast(u), broadcast(i), broadcast(c) */
          cast(clicked as bigint) as clicked, cast(value as float) as value, impression_id,
          {self.standardized("bid", "ln(1 + coalesce(bid, 0))")} as bid,
          cast(bid is null as bigint) as bid_missing,
          {bucket_sql("bid", self.quantiles["bid_bucket"])} as bid_bucket,
          price, price_bucket, budget,
          {self.standardized("campaign_days_left", "(end_day - hour div 24)")} as campaign_days_left,
          position, age, {self.standardized("account_days", "ln(1 + account_days)")} as account_days,
          visit_count, visit_duration, visit_categories,
          {bucket_sql("visit_seconds", self.quantiles["hours_since_visit"])} as hours_since_visit,
          item_impressions, item_ctr, {self.standardized("temperature", temperature)} as temperature,
          hour % 24 as hour_of_day, (hour div 24 + 3) % 7 as weekday,
          {self.word_id("device", "s.device")} as device, gender, country, category, brand, advertiser,
          user_agent, url,
          {crossed("device_category", "s.device", "category_hash")},
          {crossed("country_category", "country_hash", "category_hash")},
          title_words, interests
        from spool s
        left join word_device w_device on w_device.word = s.device
        left join encoded_user u on u.user_id = s.user_id
        left join encoded_item i on i.item_id = s.item_id
        left join encoded_campaign c on c.campaign_id = s.campaign_id
        """).write.mode("overwrite").parquet(str(path))


def operators_of(spark):
    """How many operators of each name ran in all queries of a session; one of a cached table counts once."""
    spark._jsc.sc().listenerBus().waitUntilEmpty()  # plans come to the store by events
    store = spark._jsparkSession.sharedState().statusStore()
    executions = store.executionsList()
    found = set()
    for number in range(executions.size()):
        nodes = store.planGraph(executions.apply(number).executionId()).allNodes()
        # A description names the columns with the numbers that they have in this plan only.
        found |= {(node.name(), node.desc()) for node in map(nodes.apply, range(nodes.size()))}
    return Counter(name for name, _ in found if not name.startswith(("WholeStageCodegen", "AdaptiveSparkPlan")))


def add_arguments(parser):
    parser.add_argument("--master", default="", help="default: local[THREADS]")
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE", help="a setting of the session")
    parser.add_argument("--operators", action="store_true", help="print which operators ran; its seconds are told too")


def main():
    arguments = parse_arguments(__doc__, add_arguments)
    scratch = arguments.out / "scratch"
    job = AdsJob(arguments.data, arguments.threads, arguments.memory, scratch, arguments.master, arguments.conf)
    print(f"start_seconds {time.time() - STARTED:.3f}", flush=True)
    run_stages(job, arguments.out / "parquet")
    if arguments.operators:
        asked = time.time()
        print(f"operators {json.dumps(operators_of(job.spark))}")
        print(f"uncounted_seconds {time.time() - asked:.3f}", flush=True)
    job.spark.stop()


if __name__ == "__main__":
    main()
