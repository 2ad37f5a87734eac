"""Opens a data set that is published again and again, by readers that know no manifest. Run in their environments:

python current_watch.py tensorflow|spark FOLDER SECONDS     one line of JSON a reading:
                                                            {"runs": [values of the column `run`], "rows": count}
"""

import json
import os
import sys
import time
from pathlib import Path


def tensorflow_reader():
    import tensorflow as tf

    features = {"run": tf.io.FixedLenFeature([], tf.int64)}

    def read(folder):
        files = sorted(map(str, Path(folder).glob("*.tfrecord")))
        batches = tf.data.TFRecordDataset(files).batch(256).map(lambda rows: tf.io.parse_example(rows, features))
        return [int(run) for batch in batches for run in batch["run"].numpy()]

    return read


def spark_reader():
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return lambda folder: [row.run for row in session.read.parquet(f"file://{folder}").select("run").collect()]


def watch(read, link, seconds):
    seen = set()
    begin = time.monotonic()
    # As long as was asked for, and until there is something to tell; a machine that is busy reads slowly.
    while time.monotonic() - begin < seconds or (len(seen) < 2 and time.monotonic() - begin < 120):
        try:
            runs = read(os.path.realpath(link))
        except Exception as error:  # noqa: BLE001  (files of an old run may vanish while they are read)
            print(json.dumps({"error": repr(error)[:200]}), flush=True)
            continue
        seen.add(tuple(sorted(set(runs))))
        print(json.dumps({"runs": sorted(set(runs)), "rows": len(runs)}), flush=True)


if __name__ == "__main__":
    watch({"tensorflow": tensorflow_reader, "spark": spark_reader}[sys.argv[1]](), sys.argv[2], float(sys.argv[3]))
