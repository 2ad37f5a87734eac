"""Reads or writes the features of TFRecord files with TensorFlow, as JSON. Run by TensorFlow's own environment:

    python tensorflow_forms.py read VALUES.json COMPRESSION FILE...
    python tensorflow_forms.py write VALUES.json COMPRESSION FILE

A row is a map from name to a list of integers, of floats in hexadecimal or of bytes in hexadecimal, to a list of such
lists (a feature list), or to null (an absent feature). Names tell floats ("float…") from bytes.
"""

import json
import sys
from pathlib import Path

import tensorflow as tf


def plain(feature):
    kind = feature.WhichOneof("kind")
    if kind == "int64_list":
        return list(feature.int64_list.value)
    if kind == "float_list":
        return [float.hex(value) for value in feature.float_list.value]
    return [value.hex() for value in feature.bytes_list.value]


def feature_of(name, values):
    if name.startswith("float"):
        return tf.train.Feature(float_list=tf.train.FloatList(value=[float.fromhex(value) for value in values]))
    if name.startswith(("string", "text", "binary")):
        return tf.train.Feature(bytes_list=tf.train.BytesList(value=[bytes.fromhex(value) for value in values]))
    return tf.train.Feature(int64_list=tf.train.Int64List(value=values))


def read(out, compression, files):
    names = set()
    rows = []
    for record in tf.data.TFRecordDataset(files, compression_type=compression):
        message = tf.train.SequenceExample.FromString(record.numpy())
        row = {name: plain(feature) for name, feature in message.context.feature.items()}
        for name, steps in message.feature_lists.feature_list.items():
            row[name] = [plain(feature) for feature in steps.feature]
        names.update(row)
        rows.append(row)
    Path(out).write_text(json.dumps([{name: row.get(name) for name in names} for row in rows]))


def write(values, compression, path):
    rows = json.loads(Path(values).read_text())
    options = tf.io.TFRecordOptions(compression_type=compression)
    with tf.io.TFRecordWriter(path, options) as writer:
        for row in rows:
            message = tf.train.SequenceExample()
            for name, value in row.items():
                if value is None:
                    continue
                if name.endswith("_lists"):
                    steps = message.feature_lists.feature_list[name].feature
                    steps.extend(feature_of(name, step) for step in value)
                    message.feature_lists.feature_list[name].SetInParent()
                else:
                    message.context.feature[name].CopyFrom(feature_of(name, value))
            writer.write(message.SerializeToString())


if __name__ == "__main__":
    command, values, compression, *files = sys.argv[1:]
    read(values, compression, files) if command == "read" else write(values, compression, files[0])
