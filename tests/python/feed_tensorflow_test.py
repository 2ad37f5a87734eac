"""Feeds under TensorFlow, in the environment `tensorflow`: specs, values, states, and a model of Keras."""

import json
import subprocess

import pyarrow as pa
import pytest

from tests.conftest import ROOT
from tests.python.tests_of_feeds import write_rows

PYTHON = ROOT / "build/envs/tensorflow/bin/python"
ROWS = 1000
SECONDS_MAX = 240


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Our package and pyarrow, beside the NumPy that TensorFlow has."""
    if not PYTHON.exists():
        pytest.fail("no TensorFlow: python3 tools/setup.py env tensorflow")
    site = tmp_path_factory.mktemp("site")
    (site / "headrace").symlink_to(ROOT / "build/release/python/headrace")
    (site / "pyarrow").symlink_to(pa.__path__[0])
    return site


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return write_rows(tmp_path_factory.mktemp("rows") / "rows.parquet", ROWS)


def check(site, names, argument):
    """Runs checks in one process; returns the last line of it."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(site),
        "PYTHONPATH": str(site),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run(
        [PYTHON, ROOT / "tests/python/feed_tensorflow_datasets.py", names, argument],
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout.splitlines()[-1] if done.stdout else ""


def test_datasets_are_the_feed_with_specs_and_go_on_from_any_step(site, rows):
    check(site, "specs,values,cardinality,epochs,resume,error,dropped", rows)


def test_a_model_of_keras_learns_which_flights_are_late(site, flights_out):
    # Guessing is worth 0.5; all that is known here is the schedule, the weather and the month before.
    assert json.loads(check(site, "training", flights_out / "parquet"))["auc"] > 0.68
