"""Opens a data set that is published again and again, by readers that know no manifest. Run in their environments:

python current_watch.py tensorflow|spark|petastorm LINK SECONDS

prints a line of JSON a reading: {"runs": [values of the column `run`], "rows": count}
"""

import json
import os
import sys
import time
from pathlib import Path


def tensorflow_reader():
    import tensorflow as tf

    features = {"run": tf.io.FixedLenFeature([], tf.int64)}

    def read(link):
        files = sorted(map(str, Path(os.path.realpath(link)).glob("*.tfrecord")))
        batches = tf.data.TFRecordDataset(files).batch(256).map(lambda rows: tf.io.parse_example(rows, features))
        return [int(run) for batch in batches for run in batch["run"].numpy()]

    return read


def spark_reader():
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("OFF")

    def read(link):
        rows = session.read.parquet(f"file://{os.path.realpath(link)}").select("run").collect()
        return [row.run for row in rows]

    return read


def petastorm_reader():
    import warnings

    warnings.filterwarnings("ignore")
    from petastorm import make_reader

    def read(link):
        # Files are opened through the link: their names have the run's id. The pool of threads may end before it
        # begins: get_results() looks for work done, then for work begun.
        with make_reader(f"file://{link}", reader_pool_type="dummy") as reader:
            return [int(row.run) for row in reader]

    return read


READERS = {"tensorflow": tensorflow_reader, "spark": spark_reader, "petastorm": petastorm_reader}


def watch(read, link, seconds):
    seen = set()
    begin = time.monotonic()
    # As long as was asked for, and until there is something to tell; a machine that is busy reads slowly.
    while time.monotonic() - begin < seconds or (len(seen) < 2 and time.monotonic() - begin < 120):
        try:
            runs = read(link)
        except Exception as error:  # noqa: BLE001  (files of an old run may vanish while they are read)
            print(json.dumps({"error": repr(error)[:200]}), flush=True)
            continue
        seen.add(tuple(sorted(set(runs))))
        print(json.dumps({"runs": sorted(set(runs)), "rows": len(runs)}), flush=True)


if __name__ == "__main__":
    watch(READERS[sys.argv[1]](), sys.argv[2], float(sys.argv[3]))
    # Threads of pyarrow 12 may outlive the interpreter and end the process by a signal: all is written already.
    sys.stdout.flush()
    os._exit(0)
