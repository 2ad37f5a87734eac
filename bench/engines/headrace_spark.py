"""The ads job by Headrace on Spark: bench/ads/pipeline.yaml with engine="spark". Prints what pyspark_ads.py prints: the
seconds until the session was there, and those of the stages, which are the report's."""

import time

STARTED = time.time()

import argparse  # noqa: E402  (the clock comes first)
import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from pyspark.sql import SparkSession  # noqa: E402

import headrace as hr  # noqa: E402

PIPELINE = Path(__file__).resolve().parents[1] / "ads/pipeline.yaml"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the eight tables")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    parser.add_argument("--master", default="local[2]")
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE", help="a setting of the session")
    parser.add_argument("--format", default="parquet")
    return parser.parse_args()


def open_session(arguments):
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    # Executors on this machine find the package where the driver does.
    package = str(Path(hr.__file__).absolute().parents[1])
    builder = (
        SparkSession.builder.master(arguments.master)
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.log.level", "ERROR")
        # What the peer has, too, and workers that are forked from one that has imported the package.
        .config("spark.driver.extraJavaOptions", "-XX:+UseParallelGC")
        .config("spark.executor.extraJavaOptions", "-XX:+UseParallelGC")
        .config("spark.sql.shuffle.partitions", "4")
        .config("spark.python.daemon.module", "headrace.spark._daemon")
        .config("spark.local.dir", str(arguments.out / "scratch"))
        .config("spark.executorEnv.PYTHONPATH", package)
        .config("spark.executorEnv.PYSPARK_PYTHON", sys.executable)
    )
    for setting in arguments.conf:
        builder = builder.config(*setting.split("=", 1))
    return builder.getOrCreate()


def main():
    arguments = parse_arguments()
    arguments.out.mkdir(parents=True, exist_ok=True)
    session = open_session(arguments)
    print(f"start_seconds {time.time() - STARTED:.3f}", flush=True)
    values = {"data": str(arguments.data), "out": str(arguments.out), "format": arguments.format}
    result = hr.Pipeline.from_yaml(PIPELINE, values).run(engine="spark", spark=session, statistics=False)
    print(f"stage_seconds {json.dumps(result.report['stage_seconds'])}", flush=True)
    session.stop()


if __name__ == "__main__":
    main()
