"""The systems that the comparison of engines runs, and how each is called."""

import contextlib
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
HEADRACE = ROOT / "build/headrace"
PACKAGE = ROOT / "build/release/python"
PYSPARK, PYSPARK35 = (ROOT / f"build/envs/{name}/bin/python" for name in ("pyspark", "pyspark35"))
COMET = ROOT / "build/downloads/comet.jar"
PYTHONS = {"duckdb": Path(sys.executable), "polars": ROOT / "build/envs/peers/bin/python"}
SYSTEMS = ("headrace", "duckdb", "polars", "headrace-spark", "pyspark", "pyspark35", "comet")
ON_CLUSTERS = ("headrace-spark", "pyspark")
CLUSTER = "cluster"
# What the stages of a system count as. "join" is reading, joining and aggregating.
STAGES = {
    "start": "start",
    "sources": "join", "dimensions": "join", "history_and_items": "join", "spool": "join",
    "prepare": "join", "relational": "join",
    "fit": "fit",
    "encode_tables": "encode",
    "output": "write", "write": "write", "publish": "write",
}  # fmt: skip


@dataclass
class Case:
    """One program of the comparison: `python` is that of its environment, `words` what it is called with."""

    task: str
    system: str
    variant: str
    python: Path | None
    words: list
    out: Path
    env: dict
    memory: str

    @property
    def name(self):
        return f"{self.task} {self.system} {self.variant}"

    def is_here(self):
        """Whether what it needs is installed."""
        return (self.python or HEADRACE).exists() and (self.system != "comet" or COMET.is_file())

    def output(self):
        """The folder of the data set."""
        if self.system.startswith("headrace"):
            return self.out / self.task.removeprefix("job_")
        return self.out

    def version(self):
        """Of the engine, and of what it runs on."""
        if self.system in ("headrace", "headrace-spark"):
            own = printed(HEADRACE, "version").split()[-1]
            return own if self.python is None else f"{own}, Spark {spark_version(self.python)}"
        if self.system == "comet":
            return f"{jar_version('comet')}, Spark {spark_version(self.python)}"
        module = "pyspark" if self.system.startswith("pyspark") else self.system
        return printed(self.python, "-c", f"import {module}; print({module}.__version__)").strip()

    @contextlib.contextmanager
    def running(self):
        """The command and the processes that work for it, as long as the block goes on."""
        if self.variant != CLUSTER:
            yield self.words, ()
            return
        with cluster(self.python, self.memory) as (url, pids):
            yield [*self.words, "--master", url], pids


def printed(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=True).stdout


def jar_version(name):
    lines = map(str.split, (ROOT / "tools/jars.lock").read_text().splitlines())
    return next(fields[3] for fields in lines if fields[:1] == [name])


def spark_version(python):
    return printed(python, "-c", "import pyspark; print(pyspark.__version__)").strip()


@contextlib.contextmanager
def cluster(python, memory):
    """A standalone cluster of two workers; its address and the processes of the workers."""
    command = [python, BENCH / "engines/standing_cluster.py", "--memory", part_of(memory, 3)]
    with subprocess.Popen(list(map(str, command)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        url, *pids = process.stdout.readline().split() or [""]
        if not url:
            raise RuntimeError("the standalone cluster did not start")
        try:
            yield url, tuple(map(int, pids))
        finally:
            process.stdin.close()
            process.wait()


def part_of(memory, parts):
    """A part of "6GiB" as Spark writes sizes."""
    return f"{(int(memory[:-3]) << {'MiB': 0, 'GiB': 10}[memory[-3:]]) // parts}m"


def comet_settings(memory):
    """Half of the memory is Comet's, off the heap. With the scan that Comet 0.12 takes by itself, a cached table of one
    file in several splits counts as one partition: an aggregate of it gives a row for each split."""
    return [
        f"spark.jars={COMET}", f"spark.driver.extraClassPath={COMET}",
        "spark.plugins=org.apache.spark.CometPlugin",
        "spark.shuffle.manager=org.apache.spark.sql.comet.execution.shuffle.CometShuffleManager",
        "spark.comet.scan.impl=native_datafusion",
        "spark.memory.offHeap.enabled=true", f"spark.memory.offHeap.size={part_of(memory, 2)}",
    ]  # fmt: skip


def make_case(task, system, variant, arguments):
    out = arguments.out / "-".join(filter(None, (task, system, variant.replace("[", "").replace("]", ""))))
    data, threads, memory = arguments.data, arguments.threads, arguments.memory
    if system == "headrace":
        words = [HEADRACE, "run", BENCH / "ads/pipeline.yaml", "--quiet", "--no-statistics", "--output", "json"]
        words += ["--threads", threads, "--memory", memory, "--set", f"data={data}", "--set", f"out={out}"]
        words += ["--set", f"format={task.removeprefix('job_')}"]
        return Case(task, system, variant, None, words, out, {}, memory)
    python = PYTHONS.get(system) or (PYSPARK35 if system in ("pyspark35", "comet") else PYSPARK)
    heap = part_of(memory, 3) if variant == CLUSTER else part_of(memory, 2 if system == "comet" else 1)
    settings = [f"spark.executor.memory={heap}", "spark.executor.cores=1"] if variant == CLUSTER else []
    settings += comet_settings(memory) if system == "comet" else []
    env = {"PYSPARK_PYTHON": str(python), "SPARK_LOCAL_IP": "127.0.0.1"}
    if system == "headrace-spark":
        words = [python, BENCH / "engines/headrace_spark.py", "--data", data, "--out", out]
        words += ["--format", task.removeprefix("job_"), "--conf", f"spark.driver.memory={heap}"]
        # Tasks read right sides of joins whole, as the peer's broadcasts have them.
        words += ["--conf", f"spark.headrace.joinTables={part_of(memory, 16)[:-1]}MiB"]
        env["PYTHONPATH"] = str(PACKAGE)
    else:
        program = "pyspark" if system not in PYTHONS else system
        words = [python, BENCH / f"peers/{program}_ads.py", "--data", data, "--out", out, "--threads", threads]
        words += ["--memory", memory if system in PYTHONS else f"{heap[:-1]}MiB"]
    words += [word for setting in settings for word in ("--conf", setting)]
    if system == "headrace-spark" and variant != CLUSTER:
        words += ["--master", variant]
    if system == "comet":
        words.append("--operators")
    return Case(task, system, variant, python, words, out, env, memory)


def cases_of(arguments):
    """Those that were asked for; TFRecord by Headrace alone."""
    for task in arguments.tasks:
        for system in arguments.systems:
            if task != "job_parquet" and not system.startswith("headrace"):
                continue
            if system in ("headrace", *PYTHONS):
                yield make_case(task, system, "process", arguments)
                continue
            yield make_case(task, system, f"local[{arguments.threads}]", arguments)
            if system in ON_CLUSTERS and task == "job_parquet" and arguments.cluster:
                yield make_case(task, system, CLUSTER, arguments)
