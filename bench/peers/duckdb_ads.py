"""The ads job in DuckDB: a peer of `make bench`, and the reference of the checker. The stages are those of ads.py.

What makes it fast: hashes of wide strings instead of the strings from the scan on; times as integers; only columns that
are used; users, items and campaigns encoded once each instead of once a row; the spool is the only large table.
"""

import duckdb
from ads import (
    BOT_VISITS,
    BUCKETS,
    QUANTILES,
    T0,
    TITLE_WORDS,
    VOCABULARIES,
    bucket_sql,
    first_word_id,
    parse_arguments,
    run_stages,
    standardized_sql,
)

T0_TIME = f"timestamptz '{T0}+00'"


def csv(path, columns):
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return (
        f"read_csv('{path}', header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', strict_mode = true,"
        f" columns = {{{types}}}, auto_detect = false, ignore_errors = true)"
    )


def json_lines(path, columns):
    types = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    return f"read_json('{path}', format = 'newline_delimited', columns = {{{types}}}, ignore_errors = true)"


class AdsJob:
    def __init__(self, data, threads, memory, scratch):
        self.connection = duckdb.connect()
        self.run(
            f"set timezone = 'UTC'; set threads = {threads}; set memory_limit = '{memory}';"
            f" set temp_directory = '{scratch}'; set preserve_insertion_order = false"
        )
        self.data = data

    def run(self, sql):
        return self.connection.execute(sql)

    def one_row(self, sql):
        cursor = self.run(sql)
        names = [column[0] for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))

    def dimensions(self):
        data = self.data
        clicks = csv(f"{data}/clicks.csv", {"impression_id": "BIGINT", "time": "TIMESTAMP", "dwell": "DOUBLE"})
        conversions = json_lines(
            f"{data}/conversions.ndjson",
            {"impression_id": "BIGINT", "time": "TIMESTAMP", "value": "DOUBLE", "items": "BIGINT[]"},
        )
        weather = csv(f"{data}/weather.csv", {"country": "VARCHAR", "hour": "TIMESTAMP", "temperature": "DOUBLE"})
        self.run(f"""
        create temp table click as
        select impression_id, min(time) < timestamp '{T0}' as is_early from {clicks}
        where impression_id is not null and time is not null and dwell is not null group by impression_id;

        create temp table conversion as select impression_id, value from {conversions}
        where impression_id is not null and time is not null and value is not null;

        create temp table visit as
        select user_id, cast(sum(n) as bigint) as visit_count, sum(duration) / sum(durations) as visit_duration,
          max(last_visit) as last_visit, count(page_category) as visit_categories
        from (select user_id, page_category, count(*) as n, sum(duration) as duration, count(duration) as durations,
                max(epoch_us(time)) as last_visit
              from read_parquet('{data}/visits/*.parquet') where time < {T0_TIME} group by all)
        group by user_id;

        create temp table bot as select user_id from visit where visit_count > {BOT_VISITS};

        create temp table country_code as
        select country, row_number() over () as code
        from (select distinct country from read_parquet('{data}/users.parquet') where country is not null);

        create temp table member as
        select coalesce(u.user_id, v.user_id) as user_id, cast(birth_year as integer) as birth_year, gender, u.country,
          cast(code as integer) as country_code, cast(signup - date '1970-01-01' as integer) as signup, interests,
          visit_count, visit_duration, visit_categories, last_visit
        from read_parquet('{data}/users.parquet') u full join visit v on v.user_id = u.user_id
        left join country_code c on c.country = u.country;

        create temp table temperature as
        select code * 1000000 + epoch_us(hour) // 3600000000 as country_hour, temperature
        from {weather} w join country_code c on c.country = w.country;
        """)

    def history_and_items(self):
        items = csv(
            f"{self.data}/items.csv",
            {"item_id": "BIGINT", "category": "VARCHAR", "brand": "VARCHAR", "price": "DOUBLE", "title": "VARCHAR"},
        )
        self.run(f"""
        create temp table history as
        select item_id, count(*) as item_impressions,
          cast(count(*) filter (c.is_early) as double) / count(*) as item_ctr
        from (select impression_id, user_id, item_id from read_parquet('{self.data}/impressions/*.parquet')
              where time < {T0_TIME} and (bid >= 0 or bid is null)) i
        anti join bot b on b.user_id = i.user_id
        left join click c on c.impression_id = i.impression_id
        group by item_id;

        create temp table item as
        select coalesce(i.item_id, h.item_id) as item_id, category, brand, price, title, item_impressions, item_ctr
        from {items} i full join history h on h.item_id = i.item_id;

        create temp table campaign as
        select campaign_id, advertiser, budget, cast("end" - date '1970-01-01' as integer) as end_day
        from {
            json_lines(
                f"{self.data}/campaigns.ndjson",
                {"campaign_id": "BIGINT", "advertiser": "VARCHAR", "budget": "DOUBLE", "start": "DATE", "end": "DATE"},
            )
        };
        """)

    def spool(self):
        self.run(f"""
        create temp table spool as
        select i.impression_id, i.us // 3600000000 as hour, i.user_id, i.item_id, i.campaign_id, i.device, i.bid,
          i.position, i.user_agent, i.url, c.impression_id is not null as clicked, coalesce(k.value, 0) as value,
          case when m.signup is not null
            then cast(least(greatest(i.us // 86400000000 - m.signup, 0), 10000) as integer) end as account_days,
          (i.us - m.last_visit) // 1000000 as visit_seconds, w.temperature
        from (select impression_id, epoch_us(time) as us, user_id, item_id, campaign_id, device, bid, position,
                cast(case when user_agent is null then 1 else 2 + hash(user_agent) % {BUCKETS["user_agent"]} end
                     as integer) as user_agent,
                cast(case when url is null then 1 else 2 + hash(url) % {BUCKETS["url"]} end as integer) as url
              from read_parquet('{self.data}/impressions/*.parquet')
              where time >= {T0_TIME} and (bid >= 0 or bid is null)) i
        anti join bot b on b.user_id = i.user_id
        left join click c on c.impression_id = i.impression_id
        left join conversion k on k.impression_id = i.impression_id
        left join member m on m.user_id = i.user_id
        left join temperature w on w.country_hour = m.country_code * 1000000 + i.us // 3600000000;
        """)

    def vocabulary(self, name, counts_sql):
        """Makes the table word_<name> of (word, id) from a query of (word, n)."""
        self.run(f"""
        create temp table word_{name} as
        select word, {first_word_id(name)} - 1 + row_number() over (order by n desc, word) as id
        from ({counts_sql}) where word is not null and n >= {VOCABULARIES[name][0]};
        """)

    def weighted_boundaries(self, name, column, table):
        """The quantiles of a column of a table, of which a line stands for n rows: the least values that at least
        k/parts of the rows do not exceed."""
        parts = QUANTILES[name]
        rows = self.run(f"""
        select x from (
          select x, n, sum(n) over (order by x) as rank, sum(n) over () as total
          from (select {column} as x, sum(n) as n from {table} where {column} is not null group by x))
        where rank * {parts} // total > (rank - n) * {parts} // total and (rank - n) * {parts} // total < {parts} - 1
        order by x
        """).fetchall()
        return [row[0] for row in rows]

    def fit(self):
        weighted_moments = """
          sum(n * {value}) / sum(n) filter ({value} is not null) as {name}_mean,
          sqrt(greatest(sum(n * {value} * {value}) / sum(n) filter ({value} is not null)
                        - power(sum(n * {value}) / sum(n) filter ({value} is not null), 2), 0)) as {name}_deviation
        """

        def moments(name, value):
            return weighted_moments.format(name=name, value=value)

        def fractions(name):
            return [k / QUANTILES[name] for k in range(1, QUANTILES[name])]

        self.run("""
        create temp table user_rows as
        select m.* exclude (user_id), s.user_id, s.n from (select user_id, count(*) as n from spool group by user_id) s
        left join member m on m.user_id = s.user_id;
        create temp table item_rows as
        select i.* exclude (item_id), s.item_id, s.n from (select item_id, count(*) as n from spool group by item_id) s
        left join item i on i.item_id = s.item_id;
        create temp table campaign_rows as
        select c.* exclude (campaign_id), s.campaign_id, day, s.n
        from (select campaign_id, hour // 24 as day, count(*) as n from spool group by all) s
        left join campaign c on c.campaign_id = s.campaign_id;
        """)
        self.fitted = self.one_row(f"""
        select quantile_disc(bid, {fractions("bid_bucket")}) as bid_bucket,
          quantile_disc(visit_seconds, {fractions("hours_since_visit")}) as hours_since_visit,
          avg(ln(1 + coalesce(bid, 0))) as bid_mean,
          stddev_pop(ln(1 + coalesce(bid, 0))) as bid_deviation,
          avg(ln(1 + account_days)) as account_days_mean, stddev_pop(ln(1 + account_days)) as account_days_deviation,
          avg(temperature) as temperature_mean,
          stddev_pop(temperature) * sqrt(count(temperature) / count(*)) as temperature_deviation
        from spool
        """)
        self.fitted |= self.one_row(f"""
        select {moments("visit_count", "ln(1 + coalesce(visit_count, 0))")},
          {moments("visit_duration", "ln(1 + coalesce(visit_duration, 0))")}
        from user_rows
        """)
        (birth_year,) = self.run("""
        select max(birth_year) from (
          select birth_year, sum(n) over (order by birth_year desc) as rank, sum(n) over () as total
          from (select birth_year, sum(n) as n from user_rows where birth_year is not null group by birth_year))
        where 2 * rank >= total
        """).fetchone()
        self.fitted["median_age"] = 2026 - birth_year
        self.age = f"(2026 - coalesce(birth_year, {birth_year}))"
        self.fitted |= self.one_row(f"select {moments('age', self.age)} from user_rows")
        self.fitted |= self.one_row(f"""
        select {moments("price", "ln(1 + price)")},
          {moments("item_impressions", "ln(1 + coalesce(item_impressions, 0))")} from item_rows
        """)
        self.fitted |= self.one_row(f"""
        select {moments("budget", "ln(1 + budget)")}, {moments("campaign_days_left", "(end_day - day)")}
        from campaign_rows
        """)
        self.quantiles = {
            "bid_bucket": sorted(set(self.fitted["bid_bucket"])),
            "price_bucket": self.weighted_boundaries("price_bucket", "price", "item_rows"),
            "item_ctr": self.weighted_boundaries("item_ctr", "item_ctr", "item_rows"),
            "hours_since_visit": sorted(set(self.fitted["hours_since_visit"])),
        }
        self.vocabulary("device", "select device as word, count(*) as n from spool group by word")
        for name, table in (
            ("gender", "user_rows"),
            ("country", "user_rows"),
            ("category", "item_rows"),
            ("brand", "item_rows"),
            ("advertiser", "campaign_rows"),
        ):
            self.vocabulary(name, f"select {name} as word, sum(n) as n from {table} group by word")
        self.vocabulary(
            "interests",
            "select word, sum(n) as n from (select unnest(interests) as word, n from user_rows) group by word",
        )

    def standardized(self, name, value):
        return standardized_sql(value, self.fitted[f"{name}_mean"], self.fitted[f"{name}_deviation"])

    def word_id(self, name, word):
        """SQL of an id; the table word_<name> has to be joined as w_<name>."""
        rare = f"2 + cast(hash({word}) % {VOCABULARIES[name][1]} as bigint)"
        return f"coalesce(w_{name}.id, case when {word} is null then 1 else {rare} end)"

    def encode_tables(self):
        interests = self.run("select word, id from word_interests order by id").fetchall()
        size = first_word_id("interests") + len(interests)
        self.interest_words = size
        at = {id: f"cast(list_contains(interests, '{word}') as float)" for word, id in interests}
        vector = ", ".join(at.get(id, "cast(0 as float)") for id in range(size))
        self.run(f"""
        create temp table encoded_user as
        select m.user_id, {self.standardized("age", self.age)} as age,
          {self.standardized("visit_count", "ln(1 + coalesce(visit_count, 0))")} as visit_count,
          {self.standardized("visit_duration", "ln(1 + coalesce(visit_duration, 0))")} as visit_duration,
          coalesce(visit_categories, 0) as visit_categories,
          {self.word_id("gender", "m.gender")} as gender, {self.word_id("country", "m.country")} as country,
          hash(m.country) as country_hash,
          case when interests is null then cast(list_resize([], {size}, cast(0 as float)) as float[{size}])
            else cast([{vector}] as float[{size}]) end as interests
        from user_rows m
        left join word_gender w_gender on w_gender.word = m.gender
        left join word_country w_country on w_country.word = m.country;

        create temp table encoded_item as
        select i.item_id, {self.standardized("price", "ln(1 + price)")} as price,
          {bucket_sql("price", self.quantiles["price_bucket"])} as price_bucket,
          {self.standardized("item_impressions", "ln(1 + coalesce(item_impressions, 0))")} as item_impressions,
          {bucket_sql("item_ctr", self.quantiles["item_ctr"])} as item_ctr,
          {self.word_id("category", "i.category")} as category, {self.word_id("brand", "i.brand")} as brand,
          hash(i.category) as category_hash,
          list_resize(list_transform(string_split(title, ' ')[:{TITLE_WORDS}],
            lambda word: 2 + cast(hash(word) % {BUCKETS["title_words"]} as bigint)), {TITLE_WORDS}, 0) as title_words
        from item_rows i
        left join word_category w_category on w_category.word = i.category
        left join word_brand w_brand on w_brand.word = i.brand;

        create temp table encoded_campaign as
        select campaign_id, end_day, {self.standardized("budget", "ln(1 + budget)")} as budget,
          {self.word_id("advertiser", "c.advertiser")} as advertiser
        from (select distinct campaign_id, advertiser, budget, end_day from campaign_rows) c
        left join word_advertiser w_advertiser on w_advertiser.word = c.advertiser;
        """)

    def output(self, path):
        missing_temperature = self.fitted["temperature_mean"]
        temperature = f"coalesce(temperature, {missing_temperature!r})"
        self.run(f"""
        copy (
          select cast(clicked as bigint) as clicked, cast(value as float) as value, impression_id,
            {self.standardized("bid", "ln(1 + coalesce(bid, 0))")} as bid,
            cast(bid is null as bigint) as bid_missing,
            {bucket_sql("bid", self.quantiles["bid_bucket"])} as bid_bucket,
            price, price_bucket, budget,
            {self.standardized("campaign_days_left", "(end_day - hour // 24)")} as campaign_days_left,
            position, age, {self.standardized("account_days", "ln(1 + account_days)")} as account_days,
            visit_count, visit_duration, visit_categories,
            {bucket_sql("visit_seconds", self.quantiles["hours_since_visit"])} as hours_since_visit,
            item_impressions, item_ctr, {self.standardized("temperature", temperature)} as temperature,
            hour % 24 as hour_of_day, (hour // 24 + 3) % 7 as weekday,
            {self.word_id("device", "s.device")} as device, gender, country, category, brand, advertiser,
            cast(user_agent as bigint) as user_agent, cast(url as bigint) as url,
            2 + cast(hash(s.device, category_hash) % {BUCKETS["device_category"]} as bigint) as device_category,
            2 + cast(hash(country_hash, category_hash) % {BUCKETS["country_category"]} as bigint) as country_category,
            title_words, interests
          from spool s
          left join word_device w_device on w_device.word = s.device
          left join encoded_user u on u.user_id = s.user_id
          left join encoded_item i on i.item_id = s.item_id
          left join encoded_campaign c on c.campaign_id = s.campaign_id
        ) to '{path}' (format parquet)
        """)


def main():
    arguments = parse_arguments(__doc__)
    job = AdsJob(arguments.data, arguments.threads, arguments.memory, arguments.out / "scratch")
    run_stages(job, arguments.out / "part-00000.parquet")


if __name__ == "__main__":
    main()
