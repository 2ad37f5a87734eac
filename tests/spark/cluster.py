"""Spark in processes of its own on this machine: a master with workers, and a Spark Connect server."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

_START_SECONDS = 60

#: For Java that runs a minute: what a better compiler gains later it costs now.
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


def free_port():
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def spark_home():
    """The folder of the PySpark of this environment, which holds all of Spark."""
    import pyspark  # noqa: PLC0415

    return Path(pyspark.__file__).parent


def _start(arguments, log, **variables):
    environment = {
        **os.environ,
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "SPARK_DAEMON_JAVA_OPTS": QUICK_JAVA,
        **variables,
    }
    # A group of its own, so that what it starts ends with it.
    return subprocess.Popen(
        [str(spark_home() / "bin/spark-class"), *map(str, arguments)],
        stdout=log, stderr=subprocess.STDOUT, env=environment, start_new_session=True,
    )  # fmt: skip


def _stop(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(is_ready, process, log, what):
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, ValueError):
            if is_ready():
                return
        time.sleep(0.2)
    log.seek(0)
    raise RuntimeError(f"{what} did not start:\n{log.read()[-4000:]}")


class Cluster:
    """A standalone cluster: `url` is what sessions connect to."""

    def __init__(self, url, workers):
        self.url = url
        self.workers = workers

    def executors(self):
        """The processes of executors, as numbers."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                is_executor = b"CoarseGrainedExecutorBackend" in (process / "cmdline").read_bytes()
                if is_executor and self._is_below(int(process.name)):
                    found.append(int(process.name))
        return found

    def _is_below(self, process):
        """Whether a worker of this cluster started the process."""
        parents = {worker.pid for worker in self.workers}
        while process > 1:
            if process in parents:
                return True
            status = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
            process = int(status[1])
        return False


@contextlib.contextmanager
def cluster(workers=2, cores=1, memory="1g"):
    """A master and workers on loopback, until the block ends."""
    port, page, processes = free_port(), free_port(), []
    with tempfile.TemporaryDirectory(prefix="spark-") as folder, Path(folder, "log").open("w+") as log:
        try:
            master = "org.apache.spark.deploy.master.Master"
            processes.append(_start([master, "--host", "127.0.0.1", "--port", port, "--webui-port", page], log))
            url = f"spark://127.0.0.1:{port}"

            def alive_workers():
                with urllib.request.urlopen(f"http://127.0.0.1:{page}/json", timeout=5) as answer:
                    return json.load(answer)["aliveworkers"]

            _wait(lambda: alive_workers() == 0, processes[0], log, "the master")
            for number in range(workers):
                worker = ["org.apache.spark.deploy.worker.Worker", "--host", "127.0.0.1", "--webui-port", free_port()]
                worker += ["--cores", cores, "--memory", memory, "--work-dir", Path(folder, str(number)), url]
                processes.append(_start(worker, log))
            _wait(lambda: alive_workers() == workers, processes[-1], log, "a worker")
            yield Cluster(url, processes[1:])
        finally:
            for process in reversed(processes):
                _stop(process)


@contextlib.contextmanager
def connect_server(*settings):
    """A Spark Connect server with two cores; gives the address that sessions connect to."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="spark-") as folder, Path(folder, "log").open("w+") as log:
        submit = ["org.apache.spark.deploy.SparkSubmit", "--master", "local[2]"]
        submit += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
        own = [f"spark.connect.grpc.binding.port={port}", "spark.ui.enabled=false"]
        own.append(f"spark.driver.extraJavaOptions={QUICK_JAVA}")
        for setting in (*own, *settings):
            submit += ["--conf", setting]
        process = _start([*submit, "spark-internal"], log)
        try:

            def answers():
                with socket.create_connection(("127.0.0.1", port), timeout=1):
                    return True

            _wait(answers, process, log, "the Spark Connect server")
            yield f"sc://127.0.0.1:{port}"
        finally:
            _stop(process)
