"""The tables of the ads benchmark at a small scale: the same bytes for any threads, and what README.md says of them."""

import csv
import hashlib
import json
import re
import subprocess
from collections import Counter
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

PROGRAM = ROOT / "build" / "release" / "headrace_bench_data"
SCALE = 0.001
ROWS = {
    "impressions": 46_500,
    "visits": 25_000,
    "clicks": 6_000,
    "conversions": 1_000,
    "users": 5_000,
    "items": 2_000,
    "campaigns": 100,
    "weather": 14_400,
}
T0 = datetime(2026, 1, 11, tzinfo=UTC)
CLICK = re.compile(r"(\d+),(2026-0[12]-\d\dT\d\d:\d\d:\d\d\.\d{6}Z),(\d+\.\d+)\n")


def generate(folder, threads):
    command = [PROGRAM, "--scale", SCALE, "--out", folder, "--threads", threads]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench") / "ads"
    generate(folder, threads=1)
    return folder


@pytest.fixture(scope="module")
def impressions(data):
    return pq.read_table(data / "impressions")


@pytest.fixture(scope="module")
def visits(data):
    return pq.read_table(data / "visits")


@pytest.fixture(scope="module")
def clicks(data):
    """The lines that are clicks, as (impression id, time, dwell), and the lines that are none."""
    header, *lines = (data / "clicks.csv").open(encoding="utf-8")
    assert header == "impression_id,time,dwell\n"
    found = [CLICK.fullmatch(line) for line in lines]
    good = [
        (int(line[1]), datetime.fromisoformat(line[2]), float(line[3])) for line in found if line and is_time(line[2])
    ]
    return good, [line for line, match in zip(lines, found, strict=True) if not (match and is_time(match[2]))]


@pytest.fixture(scope="module")
def conversions(data):
    good, bad = [], []
    for line in (data / "conversions.ndjson").open(encoding="utf-8"):
        try:
            row = json.loads(line)
        except ValueError:
            bad.append(line)
            continue
        (good if isinstance(row["value"], float) else bad).append(row)
    return good, bad


def is_time(text):
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def read_csv(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def read_ndjson(path):
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def digests(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def is_dense(ids):
    return pc.all(pc.equal(ids, pa.array(range(1, len(ids) + 1), pa.int64()))).as_py()


def about(count):
    return pytest.approx(count, rel=0.3)


def test_the_number_of_threads_does_not_change_a_byte(data, tmp_path):
    generate(tmp_path / "ads", threads=3)
    assert digests(tmp_path / "ads") == digests(data)


def test_a_folder_that_is_complete_is_left_alone(data):
    before = (data / "bench.json").stat().st_mtime_ns
    assert "up to date" in generate(data, threads=2)
    assert (data / "bench.json").stat().st_mtime_ns == before


def test_a_folder_with_a_damaged_file_is_written_again(data, tmp_path):
    generate(tmp_path / "ads", threads=2)
    (tmp_path / "ads" / "weather.csv").write_text("country,hour\n")
    assert "up to date" not in generate(tmp_path / "ads", threads=2)
    assert digests(tmp_path / "ads") == digests(data)


def test_the_manifest_counts_rows_and_bytes(data):
    manifest = json.loads((data / "bench.json").read_text())
    assert {name: source["rows"] for name, source in manifest["sources"].items()} == ROWS
    assert manifest["rows"] == sum(ROWS.values()) == SCALE * 100_000_000
    assert manifest["csv_bytes"] == sum(source["csv_bytes"] for source in manifest["sources"].values())
    for name in ("clicks", "items", "weather"):
        assert manifest["sources"][name]["csv_bytes"] == (data / f"{name}.csv").stat().st_size


def test_bytes_as_csv_are_what_a_csv_writer_needs(data, impressions, visits):
    sources = json.loads((data / "bench.json").read_text())["sources"]
    for name, table in (("impressions", impressions), ("visits", visits)):
        size = sum(len(column) + 1 for column in table.column_names)
        for column in table.columns:
            size += len(column) + sum(map(csv_size, column.to_pylist()))
        assert sources[name]["csv_bytes"] == size


def csv_size(value):
    if value is None:
        return 0
    if isinstance(value, datetime):
        return len("2026-01-01T00:00:00.123456Z")
    text = str(value)
    return len(text.encode()) + (2 if "," in text else 0)


def test_impressions_are_dense_ordered_and_in_row_groups_of_arrows_kind(data, impressions):
    file = pq.ParquetFile(data / "impressions" / "part-00000.parquet")
    assert file.metadata.row_group(0).num_rows == ROWS["impressions"]
    columns = [file.metadata.row_group(0).column(i) for i in range(12)]
    assert all((column.compression, column.is_stats_set) == ("SNAPPY", True) for column in columns)
    # Values that hardly repeat are written without a dictionary.
    plain = {column.path_in_schema for column in columns if not column.has_dictionary_page}
    assert plain == {"impression_id", "time", "bid"}
    assert impressions.schema.field("time").type == pa.timestamp("us", "UTC")
    assert not impressions.schema.field("user_id").nullable
    assert is_dense(impressions["impression_id"])
    assert_times_cover_the_log(impressions["time"])


def assert_times_cover_the_log(times):
    times = times.combine_chunks()
    assert pc.all(pc.less_equal(times[:-1], times[1:])).as_py()
    assert times[0].as_py() < datetime(2026, 1, 1, 1, tzinfo=UTC)
    assert datetime(2026, 1, 30, 22, tzinfo=UTC) < times[-1].as_py() < datetime(2026, 1, 31, tzinfo=UTC)


def test_impressions_have_the_nulls_and_faults_that_the_job_meets(impressions):
    count = len(impressions)
    devices = Counter(impressions["device"].to_pylist())
    assert devices.keys() == {"mobile", "desktop", "tablet", "tv", None}
    assert devices[None] == about(0.02 * count)
    bid = impressions["bid"]
    assert bid.null_count == about(0.005 * count)
    assert pc.sum(pc.less(bid, 0)).as_py() == about(0.005 * count)
    assert pc.min_max(impressions["position"]).as_py() == {"min": 1, "max": 10}
    for name, last in (("user_id", ROWS["users"]), ("item_id", ROWS["items"]), ("campaign_id", ROWS["campaigns"])):
        found = pc.min_max(impressions[name]).as_py()
        assert 1 <= found["min"] <= found["max"] <= last


@pytest.mark.parametrize(
    ("name", "bytes_mean", "distinct"),
    [
        ("user_agent", 117, (1_000, 5_200)),
        ("url", 96, (40_000, 46_500)),
        ("referrer", 150, (35_000, 46_500)),
        ("search_text", 65, (40_000, 46_500)),
    ],
)
def test_texts_are_as_wide_and_as_repetitive_as_real_ones(impressions, name, bytes_mean, distinct):
    texts = impressions[name]
    assert pc.mean(pc.binary_length(texts)).as_py() == pytest.approx(bytes_mean, rel=0.05)
    assert distinct[0] <= pc.count_distinct(texts).as_py() <= distinct[1]


def test_users_and_items_are_skewed_and_some_have_no_history(impressions):
    items = Counter(impressions["item_id"].to_pylist())
    top = sum(count for _, count in items.most_common(len(items) // 100))
    assert top > 0.1 * len(impressions)
    early = impressions.filter(pc.less(impressions["time"], pa.scalar(T0)))
    assert len(early) == pytest.approx(len(impressions) / 3, rel=0.01)
    assert len(set(early["item_id"].to_pylist())) < len(items)


def test_bots_visit_more_than_300_times_before_t0_and_nobody_else_half_as_often(data, impressions, visits):
    assert_times_cover_the_log(visits["time"])
    early = visits.filter(pc.less(visits["time"], pa.scalar(T0)))
    counts = Counter(early["user_id"].to_pylist())
    bots = {user for user, count in counts.items() if count > 300}
    assert len(bots) == json.loads((data / "bench.json").read_text())["bots"] == 2
    assert max(count for user, count in counts.items() if user not in bots) < 150
    assert bots <= set(impressions["user_id"].to_pylist())
    assert len(set(visits["page_category"].to_pylist())) == 40
    assert pc.min(visits["duration"]).as_py() > 0
    assert pq.ParquetFile(data / "visits" / "part-00000.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_clicks_are_counted_exactly_with_their_repeats_and_faults(impressions, clicks):
    good, bad = clicks
    assert (len(good), len(bad)) == (5_994, 6)
    shown = impressions["time"].to_pylist()
    times = {}
    for impression, time, dwell in good:
        assert dwell > 0
        times.setdefault(impression, []).append(time)
    assert len(times) == 5_934
    for impression, of_one in times.items():
        assert 1 <= (min(of_one) - shown[impression - 1]).total_seconds() <= 600
    repeated = [of_one for of_one in times.values() if len(of_one) > 1]
    assert len(repeated) == 60
    assert sum(len(set(of_one)) == 1 for of_one in repeated) == 30
    # Where the later click stands first, only order by time finds the earlier one.
    assert any(of_one[0] > of_one[1] for of_one in repeated)


def test_malformed_clicks_are_of_three_kinds_in_equal_parts(clicks):
    def kind(line):
        fields = line.rstrip("\n").split(",")
        if len(fields) < 3:
            return "fields missing"
        return "id" if not fields[0].isdigit() else "time"

    assert Counter(map(kind, clicks[1])) == {"fields missing": 2, "id": 2, "time": 2}


def test_clicks_depend_on_what_a_model_can_see(impressions, clicks):
    clicked = {impression for impression, _, _ in clicks[0]}
    shown, hits = Counter(), Counter()
    for impression, position in zip(
        impressions["impression_id"].to_pylist(), impressions["position"].to_pylist(), strict=True
    ):
        shown[position <= 2] += 1
        hits[position <= 2] += impression in clicked
    assert hits[True] / shown[True] > 1.5 * hits[False] / shown[False]


def test_conversions_follow_clicks(impressions, clicks, conversions):
    good, bad = conversions
    assert (len(good), len(bad)) == (999, 1)
    ids = [row["impression_id"] for row in good]
    assert len(set(ids)) == len(ids)
    clicked = {}
    for impression, time, _ in clicks[0]:
        clicked[impression] = min(time, clicked.get(impression, time))
    items = impressions["item_id"].to_pylist()
    for row in good:
        assert row.keys() == {"impression_id", "time", "value", "items"}
        assert datetime.fromisoformat(row["time"]) > clicked[row["impression_id"]]
        assert row["value"] > 0
        assert 1 <= len(row["items"]) <= 6
        assert row["items"][0] == items[row["impression_id"] - 1]


def test_users_have_the_nulls_of_their_table(data):
    users = pq.read_table(data / "users.parquet")
    assert is_dense(users["user_id"])
    assert users["birth_year"].null_count == about(0.05 * len(users))
    assert users["gender"].null_count == about(0.1 * len(users))
    assert users["country"].null_count == pytest.approx(0.01 * len(users), rel=0.5)
    assert len(set(users["gender"].to_pylist())) == 4
    assert len(set(users["country"].to_pylist())) > 190
    assert users.schema.field("signup").type == pa.date32()
    interests = users["interests"].to_pylist()
    assert {len(of_one) for of_one in interests} == {0, 1, 2, 3, 4, 5}
    assert all(len(set(of_one)) == len(of_one) for of_one in interests)
    assert len({interest for of_one in interests for interest in of_one}) == 12


def test_items_need_their_quotes(data):
    text = (data / "items.csv").read_text(encoding="utf-8")
    assert '""' in text
    assert not text.isascii()
    items = read_csv(data / "items.csv")
    assert [int(item["item_id"]) for item in items] == list(range(1, ROWS["items"] + 1))
    assert len({item["category"] for item in items}) == 40
    assert min(float(item["price"]) for item in items) > 0
    words = [len(item["title"].split(" ")) for item in items]
    assert (min(words), max(words)) == (3, 9)
    assert any("," in item["title"] and '"' in item["title"] for item in items)


def test_campaigns_run_from_a_day_to_a_day(data):
    campaigns = read_ndjson(data / "campaigns.ndjson")
    assert [campaign["campaign_id"] for campaign in campaigns] == list(range(1, ROWS["campaigns"] + 1))
    for campaign in campaigns:
        assert campaign.keys() == {"campaign_id", "advertiser", "budget", "start", "end"}
        assert datetime.fromisoformat(campaign["start"]) < datetime.fromisoformat(campaign["end"])


def test_weather_has_one_row_for_each_country_and_hour(data):
    weather = read_csv(data / "weather.csv")
    assert len({(row["country"], row["hour"]) for row in weather}) == len(weather) == 20 * 720
    assert {row["hour"][13:] for row in weather} == {":00:00.000000Z"}
    assert all(-30 < float(row["temperature"]) < 45 for row in weather)


def test_a_scale_without_rows_is_refused(tmp_path):
    for scale in ("0", "0.00001", "1.5", "nan"):
        done = subprocess.run(
            [PROGRAM, "--scale", scale, "--out", tmp_path / "ads"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "scale" in done.stderr
    assert not (tmp_path / "ads").exists()


def test_the_smallest_scales_have_all_tables(tmp_path):
    for scale, rows in (("0.0001", 10_000), ("0.00037", 37_000)):
        folder = tmp_path / scale
        subprocess.run([PROGRAM, "--scale", scale, "--out", folder], capture_output=True, check=True)
        manifest = json.loads((folder / "bench.json").read_text())
        assert manifest["rows"] == rows
        assert all(source["rows"] > 0 for source in manifest["sources"].values())
