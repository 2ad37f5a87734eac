"""Feeds for TensorFlow. Needs TensorFlow: ``pip install "headrace[tensorflow]"``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

from headrace._errors import MissingPackageError
from headrace._feed import Feed, Ragged
from headrace._optional import install_command

try:
    import tensorflow as tf
except ImportError as _missing:
    raise MissingPackageError(
        "headrace.tensorflow needs tensorflow, which is not installed", install_command("tensorflow")
    ) from _missing

Dataset = tf.data.Dataset


def dataset_of(feed: Feed) -> Dataset:
    """A ``tf.data.Dataset`` of the batches of `feed`: dicts of ``tf.Tensor``, and ``tf.RaggedTensor`` for lists of any
    length. Whole batches cross at once, so ``batch()`` is not needed.

    The first iteration goes on where the feed is, so a state is loaded before; each further one is the next epoch, or
    the next ``epochs`` epochs. Steps of ``tf.data`` take batches ahead of the training loop, which counts its own and
    takes the state of `Feed.state_at`.
    """
    iterations = itertools.count()
    ragged: Any = tf.RaggedTensor

    def batches() -> Iterator[dict[str, Any]]:
        if next(iterations) > 0:
            feed._skip_iteration()
        for batch in feed:
            yield {
                name: ragged.from_row_splits(value.values, value.offsets, validate=False)
                if isinstance(value, Ragged)
                else value
                for name, value in batch.items()
            }

    dataset = tf.data.Dataset.from_generator(batches, output_signature=spec_of(feed))
    if feed.epochs is None:
        return dataset.apply(tf.data.experimental.assert_cardinality(tf.data.INFINITE_CARDINALITY))
    # An iteration that goes on within itself is shorter than those behind it.
    is_whole = not feed._is_within_iteration()
    return dataset.apply(tf.data.experimental.assert_cardinality(len(feed))) if is_whole else dataset


def spec_of(feed: Feed) -> dict[str, Any]:
    """By column, the ``tf.TensorSpec`` or ``tf.RaggedTensorSpec`` of its batches. How many rows they have is known
    unless the last batch may be shorter."""
    rows = None if feed.config["remainder"] == "short" else feed.config["batch_size"]
    specs = {}
    for name, (dtype, shape) in feed.schema.items():
        is_ragged = shape == (None, None)
        spec = tf.RaggedTensorSpec if is_ragged else tf.TensorSpec
        specs[name] = spec(shape=(rows, *shape[1:]), dtype=tf.as_dtype(dtype))
    return specs
