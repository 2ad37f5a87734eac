"""Asks the RAPIDS Accelerator which operators of our plans would not run on a GPU, and why. No GPU is needed.

    rapids_plans.py --data FOLDER       FOLDER has the tables of the ads job: make bench-data

Run by the Python of build/envs/pyspark35, with build/downloads/rapids.jar: `make test-rapids` does it. The settings
are those of conf/spark/rapids.conf. What stays on the CPU must be explained: tasks of Headrace, aggregates that release
25.04 does not have in ANSI mode, and exchanges of their rows. Anything else is a failure.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from headrace.spark._plan import Plan
from headrace.spark._session import open_session
from rapids_explanation import Operator, operators_of, unexplained

import headrace as hr
from headrace import _core

ROOT = Path(__file__).resolve().parents[2]
JAR = ROOT / "build/downloads/rapids.jar"
SETTINGS = ROOT / "conf/spark/rapids.conf"

#: Settings that decide where operators run.
_OF_PLANS = ("spark.rapids.sql.", "spark.sql.", "spark.headrace.")


def explain(session: Any, pipeline: hr.Pipeline) -> list[Operator]:
    """The operators of the relational part."""
    native = _core.DistributedRun(pipeline._native, _core.Work(1, ""), "", "spark")
    plan = Plan(session, native.plan(), frames={}, folder=native.spool_folder, storage=pipeline._native.storage())
    try:
        top = plan.top(plan.roots[0])
        rapids = session._jvm.com.nvidia.spark.rapids.ExplainPlan
        return operators_of(rapids.explainPotentialGpuPlan(top.rows._jdf, "ALL"))
    finally:
        plan.close()


def open_spark() -> Any:
    """A session with the jar, which does not take over anything."""
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").appName("rapids_plans")
    lines = [line.split(None, 1) for line in SETTINGS.read_text().splitlines() if line.startswith(_OF_PLANS)]
    own = {
        "spark.jars": str(JAR),
        "spark.driver.extraClassPath": str(JAR),
        "spark.driver.memory": "4g",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }
    for name, value in [*lines, *own.items()]:
        builder = builder.config(name, value.strip())
    return builder.getOrCreate()


def told(name: str, operators: list[Operator]) -> None:
    """Prints what stays on the CPU."""
    runs = [o for o in operators if o.kind == "Exec"]
    tasks = sum(o.name == "PythonMapInArrowExec" for o in runs)
    print(
        f"{name}: {sum(o.can for o in runs)} of {len(runs)} operators on the GPU ({tasks} of them take rows from "
        f"tasks of Headrace or bring them there)"
    )
    on_cpu = Counter((o.kind, o.name, o.explanation() or o.reason) for o in operators if not o.can)
    for (kind, operator, why), count in sorted(on_cpu.items()):
        print(f"  on the CPU: {count} x {kind} {operator}: {why}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the tables of the ads job")
    options = parser.parse_args()
    spark = open_spark()
    failures = []
    with tempfile.TemporaryDirectory() as out, open_session(spark) as session:
        pipelines = {
            "ads": (ROOT / "bench/ads/pipeline.yaml", {"data": str(options.data.resolve()), "out": out}),
            "flights": (ROOT / "examples/flights/pipeline.yaml", {"out": out}),
        }
        for name, (file, values) in pipelines.items():
            operators = explain(session, hr.Pipeline.from_yaml(file, values))
            told(name, operators)
            failures += [f"{name}: {line}" for line in unexplained(operators)]
            if not any(o.can and "Join" in o.name for o in operators):
                failures.append(f"{name}: no join would run on the GPU")
    spark.stop()
    for failure in failures:
        print(f"FAILED {failure}")
    print(f"{len(failures)} unexplained")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
