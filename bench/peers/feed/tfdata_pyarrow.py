"""tf.data from Parquet through pyarrow, which finds itself beside TensorFlow by PYTHONPATH.

A generator gives windows: row groups in the order of a permutation, their rows permuted by numpy; rebatch() makes
batches of them in the threads of tf.data. The request's `variant` may be "rows" for what is written more often: row
groups that unbatch() takes apart and shuffle() mixes.
"""

import numpy as np
import pyarrow as pa
import tensorflow as tf
from loader import report
from row_groups import RowGroups, plain


def make(request):
    columns, size, window = request["columns"], request["batch_size"], request["window"]
    mixes_rows = request.get("variant") == "rows"

    def arrays(part):
        return {name: plain(part[name], *columns[name]) for name in columns}

    def generate():
        groups = RowGroups(request["read"], columns)
        random = np.random.default_rng(request["seed"])
        parts, count = [], 0
        order = random.permutation(len(groups))
        for k, number in enumerate(order):
            part = groups.read(number)
            if mixes_rows:
                yield arrays(part)
                continue
            parts.append(part)
            count += groups.rows[number]
            if count >= window or k == len(order) - 1:
                index = random.permutation(count)
                yield arrays({name: np.take(np.concatenate([p[name] for p in parts]), index) for name in columns})
                parts, count = [], 0

    signature = {
        name: tf.TensorSpec([None, length] if length else [None], getattr(tf, dtype))
        for name, (dtype, length) in columns.items()
    }
    groups = tf.data.Dataset.from_generator(generate, output_signature=signature)
    if mixes_rows:
        return groups.unbatch().shuffle(window, seed=request["seed"]).batch(size).prefetch(tf.data.AUTOTUNE)
    return groups.prefetch(2).rebatch(size).prefetch(tf.data.AUTOTUNE)


if __name__ == "__main__":
    pa.set_cpu_count(2)
    tf.config.threading.set_intra_op_parallelism_threads(2)
    tf.config.threading.set_inter_op_parallelism_threads(2)
    report(make, f"{tf.__version__}, pyarrow {pa.__version__}", tf.Tensor)
