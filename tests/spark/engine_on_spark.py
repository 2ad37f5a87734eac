"""Runs pipelines on a real Spark and compares what they leave with the native engine; prints what passed, line by line.

engine_on_spark.py local|cluster|connect FOLDER
"""

import concurrent.futures
import contextlib
import os
import signal
import sys
import tarfile
import threading
import time
from pathlib import Path

import small_job
from cluster import QUICK_JAVA, cluster, connect_server
from pyspark.sql import SparkSession
from pyspark.sql import functions as f

import headrace as hr

FLIGHTS = Path(__file__).resolve().parents[2] / "examples/flights/pipeline.yaml"


def check(name, is_true, told=""):
    if not is_true:
        sys.exit(f"FAILED {name}: {told}")
    print(f"passed: {name}", flush=True)


def session(master, **settings):
    builder = SparkSession.builder.master(master).appName("engine_on_spark")
    common = {
        "python.daemon.module": "headrace.spark._daemon",
        "ui.enabled": "false",
        "ui.showConsoleProgress": "false",
        "log.level": "ERROR",
        "driver.memory": "1g",
        "driver.extraJavaOptions": QUICK_JAVA,
        "executor.extraJavaOptions": QUICK_JAVA,
    }
    for name, value in {**common, **settings}.items():
        builder = builder.config(f"spark.{name}", value)
    return builder.getOrCreate()


class Runs:
    """The small job on the native engine, and on others."""

    def __init__(self, folder):
        self.folder = folder
        small_job.write_data(folder)
        out = f"{folder}/native"
        self.expected = small_job.what_is_left(out, small_job.pipeline(folder, out).run().report)

    def check_same(self, name, spark, **options):
        out = f"{self.folder}/{name.replace(' ', '-').replace(',', '')}"
        result = small_job.pipeline(self.folder, out).run(engine="spark", spark=spark, **options)
        found = small_job.what_is_left(out, result.report)
        for key, value in self.expected.items():
            check(f"{name}: {key}", found[key] == value, f"{found[key]!r:.2000} instead of {value!r:.2000}")
        left = [str(path) for path in Path(out).iterdir() if "spool" in path.name]
        check(f"{name}: nothing is left on the way", not left, left)
        check(f"{name}: the report names the engine", result.report["engine"].startswith("spark "), result.report)
        return result


def expect_error(name, kind, words, call):
    try:
        call()
    except kind as error:
        check(name, all(word in str(error) for word in words), str(error))
    else:
        check(name, False, "nothing was raised")


def on_local(folder):
    runs = Runs(folder)
    spark = session("local[2]", **{"sql.shuffle.partitions": "3"})
    spark.conf.set("spark.sql.session.timeZone", "Europe/Berlin")
    spark.conf.set("spark.sql.ansi.enabled", "false")
    runs.check_same("shuffles of 3 parts", spark)
    check("settings are restored", spark.conf.get("spark.sql.session.timeZone") == "Europe/Berlin")
    check("ansi is restored", spark.conf.get("spark.sql.ansi.enabled") == "false")
    spark.conf.set("spark.sql.shuffle.partitions", "8")
    spark.conf.set("spark.sql.adaptive.enabled", "false")
    spark.conf.set("spark.headrace.joinTables", "5KiB")
    runs.check_same("8 parts without AQE, and tables that are too large for tasks", spark)
    spark.conf.set("spark.sql.adaptive.enabled", "true")
    spark.conf.set("spark.sql.shuffle.partitions", "1")
    spark.conf.set("spark.sql.autoBroadcastJoinThreshold", "-1")
    spark.conf.set("spark.headrace.joinTables", "0")
    runs.check_same("1 part without broadcasts by size, and joins by Spark", spark)
    spark.conf.unset("spark.headrace.joinTables")
    on_frames(folder, spark)
    on_mistakes(folder, spark)
    on_flights(folder, spark)
    spark.stop()


def on_frames(folder, spark):
    """Rows that are in Spark, in another order and cut otherwise."""
    frame = hr.scan_csv(f"{folder}/events.csv", schema={"id": "int64", "word": "string"})
    features = [hr.Feature("word", transforms=hr.features.Vocabulary(min_count=2)), hr.Feature("id", role="key")]

    def run(name, frame, **engine):
        outputs = [{"path": f"{folder}/{name}/data", "format": "parquet"}]
        return hr.Pipeline("frames", frame, features=features, outputs=outputs).run(statistics=False, **engine).report

    wanted = run("frames-native", frame)
    rows = frame.to_spark(spark).repartition(5).orderBy(f.rand(3))
    found = run("frames-spark", hr.from_spark(rows), engine="spark", spark=spark)
    check("shuffled input: rows", found["row_digest"] == wanted["row_digest"], (found, wanted))
    check("shuffled input: state", found["fitted_state_digest"] == wanted["fitted_state_digest"], (found, wanted))
    counted = frame.group_by("word").agg(n=hr.count()).sort("word")
    check("collect", counted.collect(engine="spark", spark=spark).to_dict() == counted.collect().to_dict())
    memory = hr.from_dict({"word": ["w1", "w2", None], "n": [1, 2, 3]})
    joined = frame.join(memory, on="word", how="inner").group_by("n").agg(c=hr.count()).sort("n")
    check("rows in memory", joined.collect(engine="spark", spark=spark).to_dict() == joined.collect().to_dict())
    expect_error("rows in Spark on the native engine", hr.UnsupportedError, ['engine="spark"'],
                 lambda: hr.from_spark(rows).collect())  # fmt: skip


def on_mistakes(folder, spark):
    broken = small_job.pipeline(folder, f"{folder}/broken", least=5)
    expect_error("a broken contract", hr.ContractViolatedError, ["id is at least 5", "nothing was published"],
                 lambda: broken.run(engine="spark", spark=spark))  # fmt: skip
    check("nothing is published", not Path(folder, "broken/parquet/manifest.json").exists())
    report = Path(folder, "broken/run.json").read_text()
    check("the report says so", '"contract_violated"' in report, report)
    twice = hr.from_dict({"id": [1, 1, 2], "x": [1, 2, 3]})
    ids = hr.scan_csv(f"{folder}/events.csv", schema={"id": "int64"})
    expect_error("keys that are not unique", hr.BadDataError, ["would multiply rows", "validate"],
                 lambda: ids.join(twice, on="id", validate="m:1").collect(engine="spark", spark=spark))  # fmt: skip
    expect_error("a value that fails in Spark", hr.HeadraceError, ["Spark failed"],
                 lambda: ids.group_by().agg(n=hr.count()).with_columns(x="1 div (n - n)")
                 .collect(engine="spark", spark=spark))  # fmt: skip
    expect_error("a place that is none", hr.InvalidArgumentError, ["no place where Spark runs", "local[*]"],
                 lambda: ids.collect(engine="spark", spark="localhost"))  # fmt: skip
    spark.conf.set("spark.headrace.joinTables", "a lot")
    expect_error("a size that is none", hr.InvalidArgumentError, ["spark.headrace.joinTables", "'a lot'", "1GiB"],
                 lambda: small_job.pipeline(folder, f"{folder}/size").run(engine="spark", spark=spark))  # fmt: skip
    spark.conf.unset("spark.headrace.joinTables")
    expect_error("spark without its engine", hr.InvalidArgumentError, ['engine="spark"'],
                 lambda: ids.collect(spark=spark))  # fmt: skip
    told = small_job.pipeline(folder, f"{folder}/told").validate(engine="spark", spark=spark)["spark"]
    check("validate: sources", told["sources"] == {"events": "headrace", "users": "headrace"}, told)
    check("validate: joins", told["joins"] == ["rows: join activity", "rows: join users"], told)
    hashed = ids.group_by("id").agg(n=hr.count()).with_columns(h="hash64(id)")
    check("a function that Spark lacks", sorted(hashed.collect(engine="spark", spark=spark).to_dict()["h"]) ==
          sorted(hashed.collect().to_dict()["h"]))  # fmt: skip


def on_flights(folder, spark):
    """The example, as its file is."""
    spark.conf.set("spark.sql.shuffle.partitions", "2")

    def run(name, **engine):
        pipeline = hr.Pipeline.from_yaml(FLIGHTS, {"out": f"{folder}/{name}"})
        report = pipeline.run(statistics=False, **engine).report
        return report["row_digest"], report["fitted_state_digest"], [s["rows_quarantined"] for s in report["sources"]]

    wanted, found = run("flights-native"), run("flights-spark", engine="spark", spark=spark)
    check("flights", found == wanted, (found, wanted))


def package_archive(folder):
    """The package as `spark.archives` takes it; executors unpack it where they work, as the folder `package`."""
    archive = Path(folder, "package.tar")
    with tarfile.open(archive, "w", dereference=True) as tar:
        tar.add(Path(hr.__file__).parent, "headrace")
    return f"{archive}#package"


def on_cluster(folder):
    runs = Runs(folder)
    with cluster(workers=2, cores=1, memory="1g") as place:
        settings = {"executor.memory": "700m", "cores.max": "2", "sql.shuffle.partitions": "4"}
        sent = {"archives": package_archive(folder), "executorEnv.PYTHONPATH": "package"}
        spark = session(place.url, **settings, **sent, **{"task.maxFailures": "8"})
        runs.check_same("two workers and a package that is sent", spark)
        executors = place.executors()
        check("two executors", len(executors) == 2, executors)
        killed = []

        def kill_one():
            # When rows are on their way, and again when shards are written.
            for glob in ("rows-*", "state.json"):
                while not list(Path(folder).glob(f"a-killed-executor/parquet-spool-*/{glob}")):
                    time.sleep(0.02)
                with contextlib.suppress(IndexError, ProcessLookupError):
                    victim = place.executors()[0]
                    os.kill(victim, signal.SIGKILL)
                    killed.append(victim)

        threading.Thread(target=kill_one, daemon=True).start()
        runs.check_same("a killed executor", spark)
        check("executors were killed", len(killed) >= 1, killed)
        check("another took its place", set(place.executors()) != set(executors))
        spark.stop()
        without = session(place.url, **settings, **{"executorEnv.PYTHONPATH": "/nowhere"})
        expect_error("executors without the package", hr.UnsupportedError, ["cannot import headrace", "pip install"],
                     lambda: runs.check_same("no package", without))  # fmt: skip
        without.stop()


def on_connect(folder):
    runs = Runs(folder)
    with connect_server("spark.sql.shuffle.partitions=2") as address:
        spark = SparkSession.builder.remote(address).getOrCreate()
        runs.check_same("Spark Connect", spark)
        rows = hr.from_spark(spark.range(1000)).filter("id % 7 = 0").group_by().agg(n=hr.count())
        found = rows.collect(engine="spark", spark=spark).to_dict()
        check("from_spark over Connect", found == {"n": [143]}, found)
        spark.stop()


def on_any(folder):
    """The least that has to hold on every version."""
    spark = session("local[2]", **{"sql.shuffle.partitions": "2"})
    Runs(folder).check_same(f"Spark {spark.version}", spark)
    # A thread of its own has no active session, and Spark 3.5 is not in ANSI mode by itself.
    made = hr.scan_parquet(f"{folder}/users.parquet").with_columns(b="cast(user + 2147483647 as int32)")
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        expect_error("an overflow, asked for by a thread", hr.HeadraceError, ["overflow"],
                     lambda: pool.submit(made.collect, engine="spark", spark=spark).result())  # fmt: skip
    spark.stop()


if __name__ == "__main__":
    os.environ["PYSPARK_PYTHON"] = sys.executable
    {"local": on_local, "cluster": on_cluster, "connect": on_connect, "smoke": on_any}[sys.argv[1]](sys.argv[2])
    print("all passed")
