"""Headrace, pyarrow, TensorFlow and PyTorch in one process, imported in any order.

Each order is a process of its own, which reads a Parquet file with Headrace and with pyarrow, and computes something
with the others. HEADRACE_IMPORT_ORDERS=all takes all 24 orders (`make test-long`), else a few are tried, and PyTorch,
which is Debian's, takes part where its environment is.
"""

import itertools
import os
import subprocess

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.conftest import ROOT

TENSORFLOW = ROOT / "build/envs/tensorflow/bin/python"
TORCH = ROOT / "build/envs/torch"
EVERYTHING = os.environ.get("HEADRACE_IMPORT_ORDERS") == "all"

LIBRARIES = ["headrace", "pyarrow", "tensorflow", *(["torch"] if EVERYTHING or TORCH.is_dir() else [])]
ORDERS = list(itertools.permutations(LIBRARIES))
# Headrace first, between the large ones, and last.
SAMPLE = [ORDERS[0], ("pyarrow", *LIBRARIES[3:], "headrace", "tensorflow"), ORDERS[-1]]

PROGRAM = """
import importlib, sys
path, *names = sys.argv[1:]
modules = {name: importlib.import_module(name) for name in names}
rows = modules["headrace"].scan_parquet(path).group_by("k").agg(total="sum(v)").collect()
import pyarrow as pa
import pyarrow.parquet as pq
table = pa.table(rows)
assert table.to_pydict() == {"k": ["a", "b"], "total": [4.0, 2.0]}, table
assert pq.read_table(path).num_rows == 3
values = table["total"].to_pylist()
if "torch" in modules:
    assert float(modules["torch"].tensor(values).sum()) == 6.0
if "tensorflow" in modules:
    assert float(modules["tensorflow"].reduce_sum(modules["tensorflow"].constant(values))) == 6.0
print("done")
"""


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    pq.write_table(pa.table({"k": ["a", "b", "a"], "v": [1.0, 2.0, 3.0]}), path)
    return path


def run(site, rows, order, tmp_path):
    folders = [str(site)]
    environment = {"PATH": "/usr/bin:/bin", "TF_CPP_MIN_LOG_LEVEL": "3", "HOME": str(tmp_path)}
    if "torch" in order:
        (tmp_path / "torch").symlink_to(TORCH / "debian/usr/lib/python3/dist-packages/torch")
        folders.append(str(tmp_path))
        environment["LD_LIBRARY_PATH"] = (TORCH / "debian.libraries").read_text()
    environment["PYTHONPATH"] = ":".join(folders)
    done = subprocess.run(
        [TENSORFLOW, "-c", PROGRAM, rows, *order], env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "done\n"


@pytest.mark.parametrize("order", ORDERS if EVERYTHING else SAMPLE, ids="-".join)
def test_all_import_orders_work(installed, rows, tmp_path, order):
    run(installed, rows, order, tmp_path)


@pytest.mark.parametrize("order", ORDERS if EVERYTHING else SAMPLE[:1], ids="-".join)
def test_the_standalone_wheel_works_beside_all_of_them(installed, standalone, rows, tmp_path, order):
    site = tmp_path / "site"
    site.mkdir()
    for folder in (*standalone.iterdir(), installed / "pyarrow"):
        (site / folder.name).symlink_to(folder)
    run(site, rows, order, tmp_path)
