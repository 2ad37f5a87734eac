"""Feeds for TensorFlow. Needs TensorFlow: ``pip install "headrace[tensorflow]"``."""

from __future__ import annotations

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
    length. Whole batches cross at once, so ``batch()`` is not needed. An iteration goes on where the feed is."""

    def batches() -> Iterator[dict[str, Any]]:
        for batch in feed:
            yield {
                name: tf.RaggedTensor.from_row_splits(value.values, value.offsets, validate=False)
                if isinstance(value, Ragged)
                else value
                for name, value in batch.items()
            }

    dataset = tf.data.Dataset.from_generator(batches, output_signature=spec_of(feed))
    count = tf.data.INFINITE_CARDINALITY if feed.epochs is None else len(feed)
    return dataset.apply(tf.data.experimental.assert_cardinality(count))


def spec_of(feed: Feed) -> dict[str, Any]:
    """By column, the ``tf.TensorSpec`` or ``tf.RaggedTensorSpec`` of its batches."""
    specs = {}
    for name, (dtype, shape) in feed.schema.items():
        is_ragged = shape == (None, None)
        specs[name] = (tf.RaggedTensorSpec if is_ragged else tf.TensorSpec)(shape=shape, dtype=tf.as_dtype(dtype))
    return specs
