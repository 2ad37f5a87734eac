"""Keeps a standalone Spark cluster on loopback until its standard input ends. Prints the address, then the processes.

Needs the Python of an environment with PySpark. Two workers, so that rows cross between processes.
"""

import argparse
import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.spark.cluster import cluster  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--cores", type=int, default=1, help="of each worker")
    parser.add_argument("--memory", default="2g", help="of each worker")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the cluster ends too
    with cluster(arguments.workers, arguments.cores, arguments.memory) as found:
        print(found.url, *(worker.pid for worker in found.workers), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
