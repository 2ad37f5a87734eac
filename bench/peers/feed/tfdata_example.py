"""tf.data: TFRecord files in the order of a permutation, interleaved, records mixed in a buffer, parse_example.

The files are TFRecord, written by `headrace convert`.
"""

import tensorflow as tf
from loader import report


def make(request):
    features = {
        name: tf.io.FixedLenFeature([length] if length else [], getattr(tf, dtype))
        for name, (dtype, length) in request["columns"].items()
    }
    files = tf.data.Dataset.from_tensor_slices(request["read"])
    files = files.shuffle(len(request["read"]), seed=request["seed"])
    records = files.interleave(
        tf.data.TFRecordDataset, cycle_length=2, block_length=64, num_parallel_calls=2, deterministic=False
    )
    batches = records.shuffle(request["window"], seed=request["seed"]).batch(request["batch_size"])
    batches = batches.map(lambda batch: tf.io.parse_example(batch, features), num_parallel_calls=tf.data.AUTOTUNE)
    return batches.prefetch(tf.data.AUTOTUNE)


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    report(make, tf.__version__, tf.Tensor)
