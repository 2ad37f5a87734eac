"""Feeds under TensorFlow, checked in an environment that has it; run by feed_tensorflow_test.py."""

import json
import sys

import numpy as np
import tensorflow as tf

import headrace as hr

BATCH_SIZE = 64
IDS = {"airline": 14, "origin": 6, "dest": 102, "route": 10002, "tailnum": 1002, "manufacturer": 19, "plane_age": 10,
       "pressure": 12, "visib": 7}  # fmt: skip
VECTORS = {"sched_hour": 2, "utc_hour": 24, "weekday": 7, "month": 2, "carrier": 19}
NUMBERS = ["distance", "seats", "temp", "humid", "wind_speed", "precip", "dest_alt", "carrier_flights", "carrier_delay",
           "dest_flights", "dest_delay", "origin_daily_flights"]  # fmt: skip
COLUMNS = ["late", *IDS, *VECTORS, *NUMBERS]


def feed_of(path, **options):
    return hr.feed(path, **{"batch_size": BATCH_SIZE, "shuffle": 3, "window": 200, "nulls": "mask", **options})


def ids_of(batches):
    return [row for batch in batches for row in batch["id"].numpy().tolist()]


def check_specs(path):
    for remainder, rows in (("short", None), ("pad", BATCH_SIZE), ("wrap", BATCH_SIZE), ("drop", BATCH_SIZE)):
        dataset = feed_of(path, remainder=remainder).tensorflow()
        spec = dataset.element_spec
        assert spec["id"] == tf.TensorSpec((rows,), tf.int64)
        assert spec["f"] == tf.TensorSpec((rows,), tf.float32)
        assert spec["b"] == tf.TensorSpec((rows,), tf.bool)
        assert spec["v"] == tf.TensorSpec((rows, 3), tf.int32)
        assert spec["nu_is_valid"] == tf.TensorSpec((rows,), tf.bool)
        assert spec["l"] == tf.RaggedTensorSpec((rows, None), tf.int64)
        assert ("is_row" in spec) == (remainder == "pad")
        for batch in dataset:
            assert all(spec[name].is_compatible_with(value) for name, value in batch.items())
            assert rows is None or batch["id"].shape == (rows,)


def check_values(path):
    want = [row for batch in feed_of(path) for row in batch["id"].tolist()]
    dataset = feed_of(path).tensorflow()
    got = []
    for batch in dataset:
        ids = batch["id"].numpy()
        got += ids.tolist()
        assert (batch["f"].numpy() == ids / 2).all() and (batch["b"].numpy() == (ids % 3 == 0)).all()
        assert (batch["v"].numpy()[:, 1] == ids * 3 + 1).all()
        assert (batch["nu_is_valid"].numpy() == (ids % 5 != 0)).all()
        assert (batch["nu"].numpy() == np.where(ids % 5 == 0, 0, ids)).all()
        assert batch["l"].to_list() == [list(range(number % 4)) for number in ids]
    assert got == want
    # In a graph, behind other steps of tf.data.
    sums = dataset.map(lambda batch: tf.reduce_sum(batch["l"])).prefetch(2)
    total = sum(int(value) for value in sums)
    assert total == sum(sum(range(number % 4)) for number in want)


def check_cardinality(path):
    assert int(feed_of(path).tensorflow().cardinality()) == len(feed_of(path))
    assert int(feed_of(path, epochs=3).tensorflow().cardinality()) == 3 * len(feed_of(path))
    assert int(feed_of(path, rank=1, world_size=3).tensorflow().cardinality()) == len(
        feed_of(path, rank=1, world_size=3)
    )
    endless = feed_of(path, epochs=None).tensorflow()
    assert int(endless.cardinality()) == tf.data.INFINITE_CARDINALITY
    assert sum(len(batch["id"]) for batch in endless.take(40)) > 2000


def check_epochs(path):
    """Each iteration is the next epoch."""
    feed = feed_of(path)
    want = [[row for batch in feed for row in batch["id"].tolist()] for _ in range(3)]
    dataset = feed_of(path).tensorflow()
    assert [ids_of(dataset) for _ in range(3)] == want
    # Also behind one that was left half-way.
    dataset = feed_of(path).tensorflow()
    for _ in zip(range(3), dataset, strict=False):
        pass
    assert ids_of(dataset) == want[1]


def check_resume(path):
    feed = feed_of(path)
    whole, following = ([row for batch in feed for row in batch["id"].tolist()] for _ in range(2))
    steps = feed.steps_per_epoch
    for step in range(steps + 1):
        state = json.loads(json.dumps(feed_of(path).state_at(step)))
        resumed = feed_of(path)
        resumed.load_state_dict(state)
        dataset = resumed.tensorflow()
        assert int(dataset.cardinality()) == (tf.data.UNKNOWN_CARDINALITY if 0 < step < steps else steps)
        if step < steps:
            assert ids_of(dataset) == whole[step * BATCH_SIZE :], step
        assert ids_of(dataset) == following, step


def check_error(path):
    """What is wrong with rows is told in the loop."""
    try:
        for _ in feed_of(path, nulls="error").tensorflow():
            pass
        raise AssertionError("nulls were taken")
    except tf.errors.OpError as error:
        assert "column 'nu' has nulls" in str(error), error


def check_dropped(path):
    """Iterators that are left half-way leave no thread and no file behind."""
    import gc
    import time
    from pathlib import Path

    def threads():
        names = [task.joinpath("comm").read_text() for task in Path("/proc/self/task").iterdir()]
        return len(names), len(list(Path("/proc/self/fd").iterdir()))

    counts = []
    for _ in range(5):
        batches = iter(feed_of(path, epochs=None).tensorflow())
        for _ in range(3):
            next(batches)
        del batches
        gc.collect()
        time.sleep(0.3)
        counts.append(threads())
    assert counts[-1][0] <= counts[1][0] and counts[-1][1] <= counts[1][1], counts


def check_training(flights):
    """A model of Keras is worth something on the flights of the last months."""
    tf.keras.utils.set_random_seed(1)
    inputs = {
        name: tf.keras.Input((width,) if width else (), dtype="int64" if name in IDS else "float32", name=name)
        for name, width in {**dict.fromkeys(IDS, 0), **VECTORS, **dict.fromkeys(NUMBERS, 0)}.items()
    }
    parts = [tf.keras.layers.Embedding(count, 4)(inputs[name]) for name, count in IDS.items()]
    parts += [inputs[name] for name in VECTORS]
    parts += [tf.keras.layers.Reshape((1,))(inputs[name]) for name in NUMBERS]
    hidden = tf.keras.layers.Dense(32, "relu")(tf.keras.layers.Concatenate()(parts))
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(1, "sigmoid")(hidden))
    model.compile(tf.keras.optimizers.Adam(5e-3), "binary_crossentropy", metrics=[tf.keras.metrics.AUC(name="auc")])

    def with_label(batch):
        features = dict(batch)
        return features, features.pop("late")

    def batches(part, **options):
        feed = hr.feed(flights, part=part, columns=COLUMNS, batch_size=4096, **options)
        return feed.tensorflow().map(with_label)

    model.fit(batches("train", shuffle=11, window="8MiB"), epochs=2, verbose=0)
    auc = model.evaluate(batches("eval"), verbose=0, return_dict=True)["auc"]
    print(json.dumps({"auc": auc}))


def main():
    tf.config.threading.set_intra_op_parallelism_threads(2)
    names, argument = sys.argv[1].split(","), sys.argv[2]
    for name in names:
        globals()[f"check_{name}"](argument)


if __name__ == "__main__":
    main()
