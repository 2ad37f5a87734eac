"""Reads TFRecord files to batches by tf.data and parse_example, two parallel calls:
python tensorflow_reader.py REQUEST.json, whose `compression` is "" or "GZIP"
"""

import tensorflow as tf
from digests import report


def read(request, tally):
    features = {
        name: tf.io.FixedLenFeature([length] if length else [], getattr(tf, dtype))
        for name, (dtype, length) in request["columns"].items()
    }
    records = tf.data.TFRecordDataset(request["files"], compression_type=request["compression"])
    batches = records.batch(4096).map(lambda batch: tf.io.parse_example(batch, features), num_parallel_calls=2)
    for batch in batches.prefetch(2):
        tally.add(batch)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    report(read, tf.__version__)
